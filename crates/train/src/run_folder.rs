//! The folder that a run leaves: what it was, how it went, and what came of it.

pub(crate) mod files;
mod manifest;
pub(crate) mod record;

pub use manifest::{Best, Manifest, Progress};

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::Problem;
use crate::format;
use crate::recipe::Recipe;
use files::{read_json, write_json};

/// What `config.json` says: enough to repeat the run, and to apply its model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// The version of what the run leaves.
    pub format: u64,
    /// How the run goes.
    #[serde(flatten)]
    pub recipe: Recipe,
    /// What is learned.
    pub problem: Problem,
}

/// The paths of a run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes a new folder with the folders in it.
    ///
    /// # Errors
    /// If there is something at `path` already, unless it is an empty folder.
    pub fn create(path: &Path) -> Result<Self> {
        if path.exists() {
            let empty = path.is_dir() && fs::read_dir(path)?.next().is_none();
            ensure!(
                empty,
                "'{}' is taken; give another folder with --out, or remove it",
                path.display()
            );
        }
        let folder = Self {
            path: path.to_path_buf(),
        };
        for inner in [folder.checkpoints(), folder.samples()] {
            fs::create_dir_all(&inner)
                .with_context(|| format!("the folder '{}' cannot be made", inner.display()))?;
        }
        Ok(folder)
    }

    /// Makes the first of `runs/NAME-1`, `runs/NAME-2`, .. that is not taken.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create_numbered(name: &str) -> Result<Self> {
        let runs = Path::new("runs");
        let mut number = 1;
        loop {
            let path = runs.join(format!("{name}-{number}"));
            if !path.exists() {
                return Self::create(&path);
            }
            number += 1;
        }
    }

    /// Opens the folder of a run.
    ///
    /// # Errors
    /// If it is none.
    pub fn open(path: &Path) -> Result<Self> {
        let folder = Self {
            path: path.to_path_buf(),
        };
        if !folder.config().is_file() {
            bail!(
                "'{}' is not the folder of a run: it has no config.json",
                path.display()
            );
        }
        Ok(folder)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The resolved configuration.
    pub fn config(&self) -> PathBuf {
        self.path.join("config.json")
    }

    /// One line per epoch and split.
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    /// Which class was taken for which in the test, where answers are classes.
    pub fn confusion(&self) -> PathBuf {
        self.path.join("confusion.json")
    }

    /// What came of it.
    pub fn summary(&self) -> PathBuf {
        self.path.join("summary.json")
    }

    /// Parameters of the best and the last epoch.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    /// Pictures of what the network says of test images.
    pub fn samples(&self) -> PathBuf {
        self.path.join("samples")
    }

    /// Writes `config.json`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_config(&self, recipe: &Recipe, problem: &Problem) -> Result<()> {
        let config = RunConfig {
            format: format::FORMAT,
            recipe: recipe.clone(),
            problem: problem.clone(),
        };
        write_json(&self.config(), &config)
    }

    /// Reads `config.json`.
    ///
    /// # Errors
    /// If it cannot be read, or the folder is of another version.
    pub fn read_config(&self) -> Result<RunConfig> {
        let path = self.config();
        let tree: Value = read_json(&path)?;
        format::check(tree.get("format"))
            .with_context(|| format!("'{}' cannot be used", self.path.display()))?;
        serde_json::from_value(tree).with_context(|| format!("'{}' is wrong", path.display()))
    }

    /// The checkpoints of a run.
    ///
    /// # Errors
    /// If it has none that can be used.
    pub fn manifest(&self) -> Result<Manifest> {
        let checkpoints = self.checkpoints();
        let manifest = Manifest::read(&checkpoints);
        manifest.with_context(|| format!("the run '{}' has no parameters yet", self.path.display()))
    }
}
