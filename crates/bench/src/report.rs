//! The figures as a table and as JSON.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use crate::cell::{Cell, Mode};

/// The machine that the figures are of.
#[derive(Serialize)]
struct Machine {
    cores: usize,
    architecture: &'static str,
    system: &'static str,
}

#[derive(Serialize)]
struct Report<'a> {
    machine: Machine,
    cells: &'a [Cell],
}

impl Machine {
    fn here() -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            architecture: std::env::consts::ARCH,
            system: std::env::consts::OS,
        }
    }
}

/// One line a cell.
pub(crate) fn table(cells: &[Cell]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN);
    table.set_header([
        "model", "mode", "backend", "batch", "input", "dtype", "median", "min", "max", "images/s",
    ]);
    for cell in cells {
        let [channels, height, width] = cell.input;
        table.add_row([
            cell.case.clone(),
            match cell.mode {
                Mode::Inference => "inference".to_string(),
                Mode::Training => "training".to_string(),
            },
            cell.engine.clone(),
            cell.batch.to_string(),
            format!("{channels}x{height}x{width}"),
            cell.dtype.to_string(),
            milliseconds(cell.median_s),
            milliseconds(cell.min_s),
            milliseconds(cell.max_s),
            format!("{:.1}", cell.images_per_second),
        ]);
    }
    for column in 3..10 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1e3)
}

/// Writes the figures, with the machine, to a file that is not there yet.
pub(crate) fn write_json(path: &Path, cells: &[Cell]) -> Result<()> {
    let report = Report {
        machine: Machine::here(),
        cells,
    };
    let mut text = serde_json::to_string_pretty(&report)?;
    text.push('\n');
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("'{}' cannot be written", path.display()))
}
