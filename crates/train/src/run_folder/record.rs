//! `metrics.jsonl`: one line per epoch and split.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::metric::Values;
use crate::observer::Split;

/// A line of the file. Fractions are 0 to 1.
#[derive(Serialize)]
struct Record {
    epoch: usize,
    split: &'static str,
    #[serde(flatten)]
    metrics: BTreeMap<String, Option<f64>>,
}

/// Appends a line to the file, which is made if it is not there.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn append(path: &Path, epoch: usize, split: Split, values: &Values) -> Result<()> {
    let record = Record {
        epoch,
        split: split.name(),
        metrics: values.record(),
    };
    let mut line = serde_json::to_string(&record)?;
    line.push('\n');
    let append = || {
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(line.as_bytes())
    };
    append().with_context(|| format!("'{}' cannot be written", path.display()))
}
