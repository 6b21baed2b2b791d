//! What came of an experiment, as a file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Machine, Profile, kept};

/// All that the page needs of an experiment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Results {
    /// The experiment's name.
    pub experiment: String,
    /// How much was done.
    pub profile: Profile,
    /// What started the random draws.
    pub seeds: Vec<u64>,
    /// What computed, the last time.
    pub machine: Machine,
    /// The runs that it needed.
    pub runs: Vec<Spent>,
    /// What was measured.
    pub measured: Value,
}

/// A run, and how long it took; or, of no epochs, what was computed of a network as it starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// What the experiment calls it.
    pub name: String,
    /// What started every random draw.
    pub seed: u64,
    /// The model's name.
    pub model: String,
    /// How many values it learns.
    pub parameters: usize,
    /// The data set's name.
    pub data: String,
    /// How many epochs it lasted.
    pub epochs: usize,
    /// How long they took, or what was computed.
    pub seconds: f64,
}

impl Results {
    /// Where an experiment's results are.
    pub fn path(folder: &Path, experiment: &str) -> PathBuf {
        folder.join(format!("{experiment}.json"))
    }

    /// Reads an experiment's results; none where there are none.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn read(folder: &Path, experiment: &str) -> Result<Option<Self>> {
        kept::read(&Self::path(folder, experiment))
    }

    /// Writes them into a folder.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("'{}' cannot be made", folder.display()))?;
        let mut text = serde_json::to_string(self)?;
        text.push('\n');
        kept::write(&Self::path(folder, &self.experiment), text.as_bytes())
    }

    /// How long its runs took.
    pub fn seconds(&self) -> f64 {
        self.runs.iter().map(|run| run.seconds).sum()
    }
}
