//! The Jaccard loss.

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Check;
use super::overlaps::Overlaps;
use super::truth::Truth;

/// `1 - (sum(p t) + 1) / (sum(p) + sum(t) - sum(p t) + 1)` with probability `p` and truth `t`, summed
/// over an image's pixels that count; the mean over images and foreground classes.
///
/// The soft form of intersection over union. "Optimizing Intersection-Over-Union in Deep Neural
/// Networks for Image Segmentation" (Rahman and Wang 2016,
/// <https://doi.org/10.1007/978-3-319-50835-1_22>), with 1 added to both sums.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Jaccard {
    /// How much the term counts.
    pub weight: f64,
}

impl Default for Jaccard {
    fn default() -> Self {
        Self { weight: 1.0 }
    }
}

impl Check for Jaccard {}

impl Jaccard {
    /// The loss of logits, without the term's weight.
    ///
    /// # Shapes
    /// `logits`: `[batch, classes, height, width]`. Output: `[1]`.
    pub fn forward(&self, logits: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let Overlaps {
            both,
            predicted,
            truth,
        } = Overlaps::of_foreground(logits, truth);
        let union = predicted + truth - both.clone();
        -((both + 1) / (union + 1)).mean() + 1
    }
}
