//! The sections of a recipe.

use anyhow::{Context, Result, bail, ensure};
use models::{Task, Variant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::freeze::Freeze;
use super::optimizer::Optimizer;
use super::run::Run;
use super::schedule::Schedule;
use crate::data::{Data, Transform};
use crate::loss::Loss;
use crate::task;

/// How a run goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What learns.
    pub model: Model,
    /// What it learns from.
    pub data: Data,
    /// Where, and for how long.
    pub run: Run,
    /// How parameters follow their gradients.
    pub optimizer: Optimizer,
    /// How the learning rate goes over the run.
    pub schedule: Schedule,
    /// What does not learn, and for how long.
    #[serde(default)]
    pub freeze: Freeze,
    /// What is made small.
    pub loss: Loss,
    /// What training does to the images. None: what suits the data set.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Value>>")]
    pub augmentation: Option<Vec<Transform>>,
    /// What the best epoch is measured by in the end.
    #[serde(default)]
    pub test: Test,
}

/// What a test says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Test {
    /// The metrics that a test has beside those of every epoch, by name; `all`: every one that there
    /// is for the task. None: a few that suit it.
    pub metrics: Vec<String>,
}

/// A model of the registry, and what is changed about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Model {
    /// Model to train; see the command `models`
    #[schemars(extend("x-flag" = "model", "x-value" = "NAME"))]
    pub name: String,
    /// Weights to start from: a file (.safetensors, .pth, .pt, .bin or .npz), or OWNER/NAME on the
    /// Hugging Face hub
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-flag" = "weights", "x-value" = "FILE|NAME"))]
    pub weights: Option<String>,
    /// Names of that file, where they are not the model's: a list of pairs of paths in JSON
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-flag" = "key-map", "x-value" = "FILE.json"))]
    pub key_map: Option<String>,
    /// Leave the head as it is, for other classes than those that the weights were made for
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("x-flag" = "new-head"))]
    pub new_head: bool,
    /// Take the encoder's weights alone, as a classifier's for a model with a decoder
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("x-flag" = "encoder-only"))]
    pub encoder_only: bool,
    /// Whether averaged weights are taken, where the file has them beside the last ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub averaged_weights: bool,
    /// Fields of its configuration, by name, in place of the variant's own.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

impl Recipe {
    /// Whether the values make sense together.
    ///
    /// # Errors
    /// If the model is for another task than the data, or a value is out of its range.
    pub(super) fn check(&self, entry: &Variant, task: Task) -> Result<()> {
        let is_of_pixels = |task| task != Task::Classification;
        if is_of_pixels(entry.task()) != is_of_pixels(task) {
            bail!(
                "model '{}' is for {}, data '{}' for {}; the command `models` lists what there is",
                self.model.name,
                entry.task(),
                self.data.path,
                task
            );
        }
        let sizes = [
            ("--epochs", self.run.epochs),
            ("--batch-size", self.run.batch_size),
        ];
        for (flag, value) in sizes {
            ensure!(value > 0, "{flag} {value}: must be at least 1");
        }
        let minutes = [
            ("--minutes", self.run.minutes.unwrap_or(1.0)),
            ("run.checkpoint.minutes =", self.run.checkpoint.minutes),
        ];
        for (name, minutes) in minutes {
            ensure!(
                minutes > 0.0 && minutes.is_finite(),
                "{name} {minutes}: must be above 0"
            );
        }
        let counts = [
            ("--patience", self.run.patience),
            ("run.checkpoint.steps =", self.run.checkpoint.steps),
        ];
        for (name, count) in counts {
            ensure!(count != Some(0), "{name} 0: must be at least 1");
        }
        task::test_metrics(&self.test.metrics, task).context("test.metrics")?;
        self.data.check()?;
        self.optimizer.check()?;
        self.freeze.check(&self.run)?;
        self.schedule.check()
    }
}
