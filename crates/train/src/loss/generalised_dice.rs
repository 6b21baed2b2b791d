//! The generalised Dice loss.

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Check;
use super::overlaps::Overlaps;
use super::truth::Truth;

/// `1 - 2 sum_c w_c sum(p t) / sum_c w_c (sum(p) + sum(t))` with `w_c = 1 / sum(t)^2`, probability
/// `p` and truth `t` summed over an image's pixels that count; the mean over images.
///
/// All classes count, the background too: the weights make up for their sizes. A class that an image
/// has not is weighted as the smallest that it has.
///
/// "Generalised Dice overlap as a deep learning loss function for highly unbalanced segmentations"
/// (Sudre et al. 2017, <https://arxiv.org/abs/1707.03237>), section 2.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GeneralisedDice {
    /// How much the term counts.
    pub weight: f64,
}

impl Default for GeneralisedDice {
    fn default() -> Self {
        Self { weight: 1.0 }
    }
}

impl Check for GeneralisedDice {}

/// Keeps the fraction finite where an image has no label at all.
const SMALL: f64 = 1e-6;

impl GeneralisedDice {
    /// The loss of logits, without the term's weight.
    ///
    /// # Shapes
    /// `logits`: `[batch, classes, height, width]`. Output: `[1]`.
    pub fn forward(&self, logits: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let Overlaps {
            both,
            predicted,
            truth,
        } = Overlaps::of(logits, truth);
        let present = truth.clone().greater_elem(0.0).float();
        let absent = -present.clone() + 1;
        // Only ratios of weights count: the largest is made 1, so that sums stay near 1.
        let inverse = present / (truth.clone() + absent.clone()).square();
        let largest = inverse.clone().max_dim(1);
        let weights = (inverse + absent * largest.clone()) / (largest + f32::MIN_POSITIVE);
        let over_classes = |x: Tensor<2>| (x * weights.clone()).sum_dim(1);
        let overlap = over_classes(both) * 2 + SMALL;
        let total = over_classes(predicted + truth) + SMALL;
        -(overlap / total).mean() + 1
    }
}
