use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figures::Report;
use crate::cell::Cell;

/// What a chart's bars stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chart {
    /// Engines, in images per second; a chart for each case and mode.
    Engines,
    /// Cases, in time and in memory; two charts for each engine and mode.
    Cases,
}

/// A page that needs nothing from outside.
pub(crate) fn page(report: &Report, chart: Chart) -> String {
    let charts = match chart {
        Chart::Engines => by_engine(&report.cells),
        Chart::Cases => by_case(&report.cells),
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Bench" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Bench" }
                p { (report.machine.line()) }
                div.charts { @for chart in &charts { (chart.figure()) } }
                (table(&report.cells))
            }
        }
    }
    .into_string()
}

const STYLE: &str = "
:root { color-scheme: light dark; --text: #1f2328; --quiet: #59636e; --line: #d1d9e0;
  --ours: #0969da; --peer: #9a6700; --page: #ffffff }
@media (prefers-color-scheme: dark) { :root { --text: #f0f6fc; --quiet: #9198a1; --line: #3d444d;
  --ours: #4493f8; --peer: #d29922; --page: #0d1117 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
  max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
p, figcaption { color: var(--quiet) }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem 2rem }
figure { margin: 0 }
svg { width: 100%; height: auto; font-size: 13px }
text { fill: var(--text) }
.ours { fill: var(--ours) }
.peer { fill: var(--peer) }
.table { overflow-x: auto; margin-top: 2rem }
table { border-collapse: collapse; font-size: 14px }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right }
th:nth-child(-n+4), td:nth-child(-n+4) { text-align: left }
";

const ROW: usize = 26;
const LABEL: usize = 150;
const WIDTH: usize = 480;
/// Left free behind the longest bar, for its number.
const NUMBER: usize = 80;

struct Bars {
    title: String,
    bars: Vec<Bar>,
}

struct Bar {
    label: String,
    value: f64,
    peer: bool,
}

fn by_engine(cells: &[Cell]) -> Vec<Bars> {
    groups(cells, |cell| {
        let [_, height, width] = cell.input;
        format!(
            "{} {}, {} images of {height}x{width}: images per second",
            cell.case, cell.mode, cell.batch
        )
    })
    .into_iter()
    .map(|(title, cells)| Bars {
        title,
        bars: bars(
            &cells,
            |cell| &cell.engine,
            |cell| Some(cell.images_per_second),
        ),
    })
    .collect()
}

fn by_case(cells: &[Cell]) -> Vec<Bars> {
    let mut charts = Vec::new();
    for (title, cells) in groups(cells, |cell| format!("{} {}", cell.engine, cell.mode)) {
        charts.push(Bars {
            title: format!("{title}: milliseconds"),
            bars: bars(&cells, |cell| &cell.case, |cell| Some(cell.median_s * 1e3)),
        });
        charts.push(Bars {
            title: format!("{title}: peak memory in MiB"),
            bars: bars(&cells, |cell| &cell.case, |cell| cell.peak_rss_mib),
        });
    }
    charts
}

/// Cells by title, in the order in which the titles come up.
fn groups(cells: &[Cell], title: impl Fn(&Cell) -> String) -> Vec<(String, Vec<&Cell>)> {
    let mut groups: Vec<(String, Vec<&Cell>)> = Vec::new();
    for cell in cells {
        let title = title(cell);
        match groups.iter_mut().find(|(other, _)| *other == title) {
            Some((_, group)) => group.push(cell),
            None => groups.push((title, vec![cell])),
        }
    }
    groups
}

fn bars(
    cells: &[&Cell],
    label: impl Fn(&Cell) -> &str,
    value: impl Fn(&Cell) -> Option<f64>,
) -> Vec<Bar> {
    let bar = |cell: &&Cell| {
        Some(Bar {
            label: match cells.iter().any(|other| other.batch != cell.batch) {
                true => format!("{} x {}", label(cell), cell.batch),
                false => label(cell).to_string(),
            },
            value: value(cell)?,
            peer: cell.peer,
        })
    };
    cells.iter().filter_map(bar).collect()
}

impl Bars {
    fn figure(&self) -> Markup {
        let largest = self.bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
        let length = |value: f64| (value / largest * (WIDTH - LABEL - NUMBER) as f64).round();
        html! {
            figure {
                figcaption { (self.title) }
                svg viewBox=(format!("0 0 {WIDTH} {}", ROW * self.bars.len())) role="img"
                    aria-label=(self.title) {
                    @for (index, bar) in self.bars.iter().enumerate() {
                        @let top = ROW * index;
                        @let class = if bar.peer { "peer" } else { "ours" };
                        text x=(LABEL - 8) y=(top + 17) text-anchor="end" { (bar.label) }
                        rect.(class) x=(LABEL) y=(top + 4) height=(ROW - 8)
                            width=(length(bar.value)) rx="2" {}
                        text x=(LABEL as f64 + length(bar.value) + 6.0) y=(top + 17) {
                            (format!("{:.1}", bar.value))
                        }
                    }
                }
            }
        }
    }
}

fn table(cells: &[Cell]) -> Markup {
    let milliseconds = |seconds: f64| format!("{:.1}", seconds * 1e3);
    html! {
        div.table {
            table {
                thead {
                    tr {
                        @for name in ["case", "mode", "engine", "input", "batch", "median ms",
                            "min ms", "max ms", "images/s", "GFLOP/s", "peak MiB", "ratio"] {
                            th { (name) }
                        }
                    }
                }
                tbody {
                    @for cell in cells {
                        tr {
                            td { (cell.case) }
                            td { (cell.mode) }
                            td { (cell.engine) }
                            td { (cell.input.map(|size| size.to_string()).join("x")) }
                            td { (cell.batch) }
                            td { (milliseconds(cell.median_s)) }
                            td { (milliseconds(cell.min_s)) }
                            td { (milliseconds(cell.max_s)) }
                            td { (format!("{:.1}", cell.images_per_second)) }
                            td { (format!("{:.1}", cell.gflops)) }
                            td { @if let Some(mib) = cell.peak_rss_mib { (format!("{mib:.0}")) } }
                            td { @if let Some(ratio) = cell.ratio { (format!("{ratio:.2}")) } }
                        }
                    }
                }
            }
        }
    }
}
