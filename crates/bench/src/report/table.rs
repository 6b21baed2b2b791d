use comfy_table::{CellAlignment, Table, presets};

use crate::cell::Cell;

/// One line a cell.
pub(crate) fn table(cells: &[Cell]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN);
    table.set_header([
        "case", "mode", "engine", "input", "batch", "median", "min", "max", "images/s", "GFLOP/s",
        "peak MiB", "ratio",
    ]);
    for cell in cells {
        let [channels, height, width] = cell.input;
        table.add_row([
            cell.case.clone(),
            cell.mode.to_string(),
            cell.engine.clone(),
            format!("{channels}x{height}x{width}"),
            cell.batch.to_string(),
            milliseconds(cell.median_s),
            milliseconds(cell.min_s),
            milliseconds(cell.max_s),
            format!("{:.1}", cell.images_per_second),
            format!("{:.1}", cell.gflops),
            cell.peak_rss_mib
                .map_or(String::new(), |mib| format!("{mib:.0}")),
            cell.ratio
                .map_or(String::new(), |ratio| format!("{ratio:.2}")),
        ]);
    }
    for column in table.column_iter_mut().skip(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1e3)
}
