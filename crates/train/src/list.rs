//! The models that there are.

use anyhow::{Result, ensure};
use models::{Skips, Task, Twin, Variant};
use serde::Serialize;

use crate::markdown::markdown;

/// What is told of every model.
#[derive(Serialize)]
pub(crate) struct Row {
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
    pub(crate) fn of(variant: &Variant) -> Self {
        // The table has no compositions that are not listed.
        let size = variant.size().unwrap_or_else(|| variant.measure());
        Self {
            name: variant.name().to_string(),
            task: variant.task(),
            skip: variant.skips(),
            parameters: size.parameters,
            macs: size.macs,
            input: variant.input().dims(),
            outputs: variant.outputs(),
            twin: variant.twin().cloned(),
        }
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
    table_with(pattern, &[], |_| vec![])
}

/// The same with more columns: their heads, and their cells for a variant.
///
/// Columns with a head that ends with a unit, such as `forward (ms)`, are of numbers.
///
/// # Errors
/// If there is none.
///
/// # Panics
/// Panics if there are more or fewer cells than heads.
pub fn table_with(
    pattern: &str,
    heads: &[&str],
    cells: impl Fn(&Variant) -> Vec<String>,
) -> Result<String> {
    let own = ["model", "task", "skip", "parameters", "GMACs", "input"];
    let head: Vec<_> = own.iter().chain(heads).map(ToString::to_string).collect();
    let mut lines = vec![head];
    for variant in found(pattern)? {
        let row = Row::of(&variant);
        let [channels, height, width] = row.input;
        let mut line = vec![
            row.name,
            row.task.to_string(),
            row.skip.to_string(),
            row.parameters.to_string(),
            format!("{:.3}", row.macs as f64 / 1e9),
            format!("{channels}x{height}x{width}"),
        ];
        line.extend(cells(&variant));
        assert_eq!(line.len(), lines[0].len(), "cells and heads");
        lines.push(line);
    }
    let mut right = vec![false, false, false, true, true, false];
    right.extend(heads.iter().map(|head| head.ends_with(')')));
    Ok(markdown(&lines, &right))
}

fn rows(pattern: &str) -> Result<Vec<Row>> {
    Ok(found(pattern)?.iter().map(Row::of).collect())
}

fn found(pattern: &str) -> Result<Vec<Variant>> {
    let found = models::list(pattern);
    ensure!(
        !found.is_empty(),
        "there is no model with a name like '{pattern}'"
    );
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_composition_that_is_not_listed_is_counted() {
        let variant = models::find("linknet-resnet20").expect("composes");
        assert_eq!(variant.size(), None);
        let row = Row::of(&variant);
        assert_eq!(
            (row.parameters, row.macs > 0),
            (variant.measure().parameters, true)
        );
    }
}
