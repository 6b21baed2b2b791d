//! The models that there are.

use anyhow::{Context, Result, ensure};
use models::{Skips, Task, Twin, Variant};
use serde::Serialize;

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice, run_on};

#[derive(Serialize)]
struct Row {
    name: String,
    task: Task,
    skip: Skips,
    parameters: usize,
    macs: u64,
    /// Channels, height, width.
    input: [usize; 3],
    outputs: usize,
    /// The same network elsewhere.
    twin: Option<Twin>,
}

impl Row {
    fn of(variant: &Variant) -> Result<Self> {
        let size = variant.size().with_context(|| {
            format!(
                "the table of models has no '{}': write it anew",
                variant.name()
            )
        })?;
        Ok(Self {
            name: variant.name().to_string(),
            task: variant.task(),
            skip: variant.skips(),
            parameters: size.parameters,
            macs: size.macs,
            input: variant.input().dims(),
            outputs: variant.outputs(),
            twin: variant.twin().cloned(),
        })
    }
}

/// An array of objects, one for each model with a name like the pattern, in which `*` stands for any
/// run of characters.
///
/// # Errors
/// If there is none.
pub fn json(pattern: &str) -> Result<String> {
    Ok(serde_json::to_string_pretty(&rows(pattern)?)?)
}

/// A Markdown table, one line for each model with a name like the pattern.
///
/// # Errors
/// If there is none.
pub fn table(pattern: &str) -> Result<String> {
    let mut lines =
        vec![["model", "task", "skip", "parameters", "GMACs", "input"].map(str::to_string)];
    for row in rows(pattern)? {
        let [channels, height, width] = row.input;
        lines.push([
            row.name,
            row.task.to_string(),
            row.skip.to_string(),
            row.parameters.to_string(),
            format!("{:.3}", row.macs as f64 / 1e9),
            format!("{channels}x{height}x{width}"),
        ]);
    }
    /// Whether a column is of numbers, which stand to the right.
    const RIGHT: [bool; 6] = [false, false, false, true, true, false];
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max();
    let widths: [usize; 6] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let cell = |column: usize, text: &str| match RIGHT[column] {
        true => format!(" {text:>width$} ", width = widths[column]),
        false => format!(" {text:<width$} ", width = widths[column]),
    };
    let rule = std::array::from_fn(|column| match RIGHT[column] {
        true => "-".repeat(widths[column] + 1) + ":",
        false => "-".repeat(widths[column] + 2),
    });
    let padded = |line: &[String; 6]| std::array::from_fn(|column| cell(column, &line[column]));
    let mut cells: Vec<[String; 6]> = lines.iter().map(padded).collect();
    cells.insert(1, rule);
    let line = |cells: &[String; 6]| format!("|{}|\n", cells.join("|"));
    Ok(cells.iter().map(line).collect())
}

fn rows(pattern: &str) -> Result<Vec<Row>> {
    let found = models::list(pattern);
    ensure!(
        !found.is_empty(),
        "there is no model with a name like '{pattern}'"
    );
    found.iter().map(Row::of).collect()
}

/// Counts the sizes of all models anew, as the text of the table that `models` keeps.
///
/// # Errors
/// If there is no backend to count on.
pub fn measured() -> Result<String> {
    run_on("flex", Measure)
}

struct Measure;

impl BackendTask for Measure {
    type Output = String;

    fn run<B: ComputeBackend>(self) -> Result<String> {
        Ok(models::table::measured(&B::device(DeviceChoice::Default)?))
    }
}
