//! The models that there are.

use anyhow::{Result, ensure};
use models::{ModelEntry, Skip, Task, registry};
use serde::Serialize;

use crate::pattern::fits;

#[derive(Serialize)]
struct Row {
    name: &'static str,
    task: Task,
    skip: Skip,
    parameters: usize,
    macs: u64,
    /// Channels, height, width.
    input: [usize; 3],
}

impl From<&ModelEntry> for Row {
    fn from(entry: &ModelEntry) -> Self {
        Self {
            name: entry.name,
            task: entry.task(),
            skip: entry.skip,
            parameters: entry.parameters,
            macs: entry.macs,
            input: entry.input.dims(),
        }
    }
}

/// An array of objects, one for each model with a name like the pattern, in which `*` stands for any
/// run of characters.
///
/// # Errors
/// If there is none.
pub fn json(pattern: &str) -> Result<String> {
    let rows: Vec<Row> = matching(pattern)?.into_iter().map(Row::from).collect();
    Ok(serde_json::to_string_pretty(&rows)?)
}

fn matching(pattern: &str) -> Result<Vec<&'static ModelEntry>> {
    let fits = |entry: &&ModelEntry| fits(pattern, entry.name);
    let found: Vec<_> = registry().iter().filter(fits).collect();
    ensure!(
        !found.is_empty(),
        "there is no model with a name like '{pattern}'"
    );
    Ok(found)
}

/// A Markdown table, one line for each model with a name like the pattern.
///
/// # Errors
/// If there is none.
pub fn table(pattern: &str) -> Result<String> {
    let mut table = format!(
        "| {:<18} | {:<14} | {:<6} | {:>11} | {:>9} | {:<11} |\n",
        "model", "task", "skip", "parameters", "GMACs", "input"
    );
    table += "|--------------------|----------------|--------|------------:|----------:|-------------|\n";
    for entry in matching(pattern)? {
        let [channels, height, width] = entry.input.dims();
        let task = match entry.task() {
            Task::Classification => "classification",
            Task::Segmentation => "segmentation",
        };
        let skip = match entry.skip {
            Skip::Add => "add",
            Skip::Concat => "concat",
            Skip::Gate => "gate",
            Skip::Long => "long",
            Skip::None => "none",
        };
        table += &format!(
            "| {:<18} | {task:<14} | {skip:<6} | {:>11} | {:>9.3} | {:<11} |\n",
            entry.name,
            entry.parameters,
            entry.macs as f64 / 1e9,
            format!("{channels}x{height}x{width}")
        );
    }
    Ok(table)
}
