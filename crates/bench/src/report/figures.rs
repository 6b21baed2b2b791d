use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::machine::Machine;

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
