//! Networks that are trained.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use train::Recipe;

use crate::kept;

/// A network that is to be trained.
#[derive(Clone, Debug)]
pub struct RunPlan {
    /// What the experiment calls it: runs that differ in their seeds alone have one name.
    pub name: String,
    /// What starts every random draw.
    pub seed: u64,
    /// The recipe, as far as it differs from the defaults.
    pub recipe: Value,
}

impl RunPlan {
    /// A run by a recipe's tree: the keys of a configuration file of `train`.
    pub fn new(name: impl Into<String>, seed: u64, recipe: Value) -> Self {
        Self {
            name: name.into(),
            seed,
            recipe,
        }
    }
}

/// A network that was trained.
#[derive(Clone, Debug)]
pub struct Run {
    /// What the experiment calls it.
    pub name: String,
    /// What started every random draw.
    pub seed: u64,
    /// The folder that `train` left.
    pub folder: PathBuf,
    /// Its summary.
    pub summary: RunSummary,
    /// The metrics of each epoch.
    pub epochs: Vec<Epoch>,
}

/// What is read of a run's `summary.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct RunSummary {
    /// The model's name.
    pub model: String,
    /// The data set's name or folder.
    pub data: String,
    /// How many values the model learned.
    pub parameters: usize,
    /// How long the epochs took.
    pub seconds: f64,
    /// Metrics on the test images.
    pub test: BTreeMap<String, Option<f64>>,
}

/// The metrics of an epoch. Fractions are 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Epoch {
    /// Over the training images, as they were seen.
    pub train: BTreeMap<String, f64>,
    /// Over the validation images, after it.
    pub valid: BTreeMap<String, f64>,
}

impl Epoch {
    /// The part of the training images that were taken for another class, as they were seen; none
    /// where it did not learn classes.
    pub fn train_error(&self) -> Option<f64> {
        Some(1.0 - self.train.get("accuracy")?)
    }

    /// The part of the validation images that are taken for another class; none where it did not
    /// learn classes.
    pub fn valid_error(&self) -> Option<f64> {
        Some(1.0 - self.valid.get("accuracy")?)
    }
}

impl Run {
    /// Reads what a run left; none where it is not done.
    ///
    /// # Errors
    /// If a file of it cannot be read.
    pub(crate) fn read(plan: &RunPlan, folder: &Path) -> Result<Option<Self>> {
        let summary = folder.join("summary.json");
        if !summary.is_file() {
            return Ok(None);
        }
        let text = fs::read_to_string(&summary)
            .with_context(|| format!("'{}' cannot be read", summary.display()))?;
        let summary: RunSummary = serde_json::from_str(&text)
            .with_context(|| format!("'{}' is not of this version", summary.display()))?;
        if summary.test.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            name: plan.name.clone(),
            seed: plan.seed,
            epochs: read_epochs(&folder.join("metrics.jsonl"))?,
            folder: folder.to_path_buf(),
            summary,
        }))
    }

    /// A metric on the test images.
    ///
    /// # Errors
    /// If it is not known, or no number.
    pub fn test(&self, metric: &str) -> Result<f64> {
        let value = self.summary.test.get(metric).copied().flatten();
        value.with_context(|| {
            let folder = self.folder.display();
            format!("the run '{folder}' has no test metric '{metric}'")
        })
    }

    /// The part of the test images that are taken for another class.
    ///
    /// # Errors
    /// If it did not learn classes.
    pub fn test_error(&self) -> Result<f64> {
        Ok(1.0 - self.test("accuracy")?)
    }

    /// The part of the training images that were taken for another class in the last epoch, as they
    /// were seen.
    ///
    /// # Errors
    /// If it did not learn classes.
    pub fn train_error(&self) -> Result<f64> {
        Ok(1.0 - self.last_train("accuracy")?)
    }

    /// A metric over the training images of the last epoch, as they were seen.
    ///
    /// # Errors
    /// If it is not known.
    pub fn last_train(&self, metric: &str) -> Result<f64> {
        let value = self.epochs.last().and_then(|epoch| epoch.train.get(metric));
        value
            .copied()
            .with_context(|| format!("'{}' has no '{metric}' of training", self.folder.display()))
    }
}

#[derive(Deserialize)]
struct Line {
    epoch: usize,
    split: String,
    #[serde(flatten)]
    metrics: BTreeMap<String, Option<f64>>,
}

fn read_epochs(path: &Path) -> Result<Vec<Epoch>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("'{}' cannot be read", path.display()))?;
    let mut epochs = Vec::<Epoch>::new();
    for line in text.lines() {
        let line: Line = serde_json::from_str(line)
            .with_context(|| format!("'{}' has a line that is none of ours", path.display()))?;
        let metrics = line.metrics.into_iter();
        let metrics = metrics.filter_map(|(name, value)| Some((name, value?)));
        let metrics = metrics.collect();
        let place = line.epoch.saturating_sub(1);
        match line.split.as_str() {
            "train" | "valid" if epochs.len() <= place => {
                epochs.resize(place + 1, Epoch::default())
            }
            _ => {}
        }
        match line.split.as_str() {
            "train" => epochs[place].train = metrics,
            "valid" => epochs[place].valid = metrics,
            _ => {}
        }
    }
    Ok(epochs)
}

/// What decides a run, without what does not: where files are, how many threads read them, and what
/// is told of them.
///
/// # Errors
/// If the weights that it starts from cannot be read.
pub(crate) fn decisive(recipe: &Recipe, images: &str) -> Result<Value> {
    let mut tree = recipe.tree()?;
    for path in ["/data/path", "/data/threads", "/run/checkpoint"] {
        if let Some(value) = tree.pointer_mut(path) {
            *value = Value::Null;
        }
    }
    // Not even null: older keys say nothing of it.
    if let Some(data) = tree["data"].as_object_mut() {
        data.remove("duplicates");
    }
    if let Some(weights) = tree.pointer_mut("/model/weights")
        && let Some(path) = weights.as_str()
        && Path::new(path).is_file()
    {
        let contents = fs::read(path).with_context(|| format!("'{path}' cannot be read"))?;
        *weights = kept::name_of_bytes(&contents).into();
    }
    Ok(json!({"recipe": tree, "images": images, "format": train::FORMAT}))
}
