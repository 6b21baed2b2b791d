//! The folder that a run leaves: what it was, how it went, and what came of it.

mod checkpoints;
pub(crate) mod files;
mod lock;
pub(crate) mod record;

pub use checkpoints::{Checkpoint, Checkpoints, Content, Damaged};

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::{DataSet, Problem};
use crate::format;
use crate::recipe::Recipe;
pub(crate) use files::write_aside;
use files::{read_json, write_json};
pub(crate) use lock::Lock;

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
    /// What tells the run's images from others.
    pub images: String,
    /// The same of their answers; empty where the run was made before these were looked at.
    #[serde(default)]
    pub answers: String,
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
        claim(path)?;
        let folder = Self {
            path: path.to_path_buf(),
        };
        for inner in [folder.checkpoints(), folder.samples()] {
            make(&inner)?;
        }
        Ok(folder)
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

    /// Which images are learned from, validate and test.
    pub fn splits(&self) -> PathBuf {
        self.path.join("splits.json")
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

    /// What is needed to go on, and the parameters of the best epoch.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    /// Pictures of what the network says of test images.
    pub fn samples(&self) -> PathBuf {
        self.path.join("samples")
    }

    /// Writes `splits.json` and `config.json`.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn write_config(&self, recipe: &Recipe, data: &DataSet) -> Result<()> {
        write_json(&self.splits(), &data.splits())?;
        let config = RunConfig {
            format: format::FORMAT,
            recipe: recipe.clone(),
            problem: data.problem.clone(),
            images: data.fingerprint()?,
            answers: data.fingerprint_of_answers()?,
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

    /// What the run says of its test images; none before its end.
    pub(crate) fn test(&self) -> Option<BTreeMap<String, Option<f64>>> {
        #[derive(Deserialize)]
        struct Ended {
            stopped: bool,
            test: BTreeMap<String, Option<f64>>,
        }
        let ended: Ended = read_json(&self.summary()).ok()?;
        (!ended.stopped && !ended.test.is_empty()).then_some(ended.test)
    }

    /// The newest checkpoint of the run.
    ///
    /// # Errors
    /// If it has none that can be used.
    pub fn newest_checkpoint(&self) -> Result<Checkpoint> {
        let newest = Checkpoints::of(&self.checkpoints()).newest()?;
        newest.with_context(|| format!("the run '{}' has no parameters yet", self.path.display()))
    }

    /// Keeps other programs from writing into the folder.
    ///
    /// # Errors
    /// If one does.
    pub(crate) fn lock(&self) -> Result<Lock> {
        Lock::take(&self.path)
    }
}

/// Makes a folder that nobody else uses.
///
/// # Errors
/// If there is something at `path` already, unless it is an empty folder.
pub(crate) fn claim(path: &Path) -> Result<()> {
    if path.exists() {
        let empty = path.is_dir() && fs::read_dir(path)?.next().is_none();
        ensure!(
            empty,
            "'{}' is taken; give another folder with --out, or remove it",
            path.display()
        );
    }
    make(path)
}

fn make(path: &Path) -> Result<()> {
    fs::create_dir_all(path)
        .with_context(|| format!("the folder '{}' cannot be made", path.display()))
}
