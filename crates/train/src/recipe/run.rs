//! Where a run computes, and for how long.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::recompute::Recompute;
use crate::backend::DeviceChoice;

/// Where a run computes, and for how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Backend: flex, ndarray, wgpu or cuda
    #[serde(default = "flex")]
    #[schemars(extend("x-flag" = "backend", "x-value" = "NAME"))]
    pub backend: String,
    /// Device: default, cpu or gpu:NUMBER
    #[serde(default)]
    #[schemars(with = "String", extend("x-flag" = "device", "x-value" = "DEVICE"))]
    pub device: DeviceChoice,
    /// How many times every training image is seen
    #[schemars(extend("x-flag" = "epochs", "x-value" = "N"))]
    pub epochs: usize,
    /// Train for so many minutes instead of a number of epochs; the schedule fits into them
    #[serde(default)]
    #[schemars(extend("x-flag" = "minutes", "x-value" = "MINUTES"))]
    pub minutes: Option<f64>,
    /// End after so many epochs in which nothing became better
    #[serde(default)]
    #[schemars(extend("x-flag" = "patience", "x-value" = "EPOCHS"))]
    pub patience: Option<usize>,
    /// What the best epoch is chosen by, on the validation images: loss or a metric of the task
    #[serde(default = "loss")]
    #[schemars(extend("x-flag" = "best", "x-value" = "METRIC"))]
    pub best: String,
    /// How many images make a batch
    #[schemars(extend("x-flag" = "batch-size", "x-value" = "N"))]
    pub batch_size: usize,
    /// Compute blocks again on the way back instead of keeping them: slower, with less memory
    #[serde(default)]
    #[schemars(extend("x-flag" = "recompute"))]
    pub recompute: Recompute,
    /// Starts every random draw; the same seed gives the same run
    #[serde(default = "one")]
    #[schemars(extend("x-flag" = "seed", "x-value" = "N"))]
    pub seed: u64,
    /// What happens where the loss is not a number, or a thousand times that of the first step: stop,
    /// skip the step, or rewind to the last checkpoint and go on with half the learning rate
    #[serde(default)]
    #[schemars(with = "String", extend("x-flag" = "on-nan", "x-value" = "stop|skip|rewind"))]
    pub on_nan: OnNan,
    /// How often a checkpoint is written.
    #[serde(default)]
    pub checkpoint: Every,
}

/// What happens where the loss is not a number, or explodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum OnNan {
    /// The run ends with an error; the checkpoint before stays.
    #[default]
    Stop,
    /// Nothing is learned from the batch.
    Skip,
    /// The run goes back to its last checkpoint, and on with half the learning rate.
    Rewind,
}

/// How often a checkpoint is written: after so many minutes, and after so many steps if they are
/// given. One is also written when an epoch ends, where the last is older than a few seconds, and
/// when the run ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Every {
    /// Minutes between two.
    pub minutes: f64,
    /// Steps between two; none: only time counts.
    pub steps: Option<usize>,
}

impl Default for Every {
    fn default() -> Self {
        Self {
            minutes: 5.0,
            steps: None,
        }
    }
}

fn flex() -> String {
    "flex".to_string()
}

fn one() -> u64 {
    1
}

fn loss() -> String {
    "loss".to_string()
}
