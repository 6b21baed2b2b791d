//! How networks learn to find cell nuclei, in all experiments that have them do so.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::estimate::percent;
use crate::figure::{Axis, Bars, Group};
use crate::{Lab, Run};

/// How long it takes, and how much is seen of each image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lesson {
    pub epochs: usize,
    /// Height and width of the part of an image that is learned from at a time.
    pub crop: usize,
}

/// The recipe of a network that tells nuclei from the background.
pub(crate) fn recipe(lab: &Lab<'_>, model: Value, Lesson { epochs, crop }: Lesson) -> Value {
    json!({
        "data": data(lab),
        "model": model,
        "run": {"epochs": epochs, "batch_size": 4},
        // In a hundred steps a lower rate leaves some networks with nothing but background.
        "optimizer": {"name": "adamw", "lr": lab.pick(1e-2, 3e-3)},
        "schedule": {"name": "onecycle", "warm_up": 0.2},
        // A nucleus has no up. Bright and dark images are of one kind.
        "augmentation": [
            {"crop": {"size": crop}},
            "flip_horizontal",
            "flip_vertical",
            "transpose",
            {"exposure": {"contrast": 0.3, "brightness": 0.2}},
        ],
        "test": {"metrics": ["boundary_f1"]},
    })
}

/// The images. Their brightness differs tenfold, so each comes to a scale of its own.
fn data(lab: &Lab<'_>) -> Value {
    let mut data = lab.nuclei();
    data["normalization"] = "image".into();
    data
}

/// How well networks find the nuclei of the test images: by seed, 0 to 1.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Scores {
    /// Of areas.
    pub mean_iou: Vec<f64>,
    /// Of outlines: pixels count as right within 2 pixels of the other outline.
    pub boundary_f1: Vec<f64>,
}

impl Scores {
    /// Of networks of one kind.
    ///
    /// # Errors
    /// If a score is not known.
    pub fn of(runs: &[Run]) -> Result<Self> {
        let each = |metric| {
            runs.iter()
                .map(|run| run.test(metric))
                .collect::<Result<_>>()
        };
        Ok(Self {
            mean_iou: each("mean_iou")?,
            boundary_f1: each("boundary_f1")?,
        })
    }

    /// The mean IoU of each seed in percent.
    pub fn areas(&self) -> Vec<f64> {
        percent(&self.mean_iou)
    }

    /// The boundary F1 of each seed in percent.
    pub fn borders(&self) -> Vec<f64> {
        percent(&self.boundary_f1)
    }
}

/// Bars of both scores for each kind of network.
pub(crate) fn bars<'a>(kinds: impl IntoIterator<Item = (String, &'a Scores)>) -> String {
    let groups = kinds.into_iter().map(|(label, scores)| Group {
        label,
        bars: vec![scores.areas(), scores.borders()],
    });
    Bars {
        y: Axis::linear("score on the test images (%)"),
        names: vec!["mean IoU".to_string(), "boundary F1".to_string()],
        groups: groups.collect(),
    }
    .svg()
}
