//! What a bench has found, and the forms that it is shown in.

mod html;
pub(crate) mod readme;
mod table;

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::machine::Machine;

pub(crate) use html::{Chart, page};
pub(crate) use table::table;

/// Figures, and the machine that they are of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The machine.
    pub machine: Machine,
    /// The figures.
    pub cells: Vec<Cell>,
}

impl Report {
    /// As JSON, with a line break at the end.
    ///
    /// # Errors
    /// Never: all values can be written.
    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Reads what [`json`](Self::json) gave.
    ///
    /// # Errors
    /// If the file cannot be read or is no report.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("'{}' cannot be read", path.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("'{}' holds no results of a bench", path.display()))
    }
}

/// Writes a file that is not there yet.
///
/// # Errors
/// If it is there, or cannot be written.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<()> {
    File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("'{}' cannot be written", path.display()))
}
