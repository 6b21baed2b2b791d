//! The Tversky loss and the focal Tversky loss.

use anyhow::Result;
use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Check, above_zero, at_least_zero};
use super::overlaps::Overlaps;
use super::truth::Truth;

/// `(1 - T)^g`, the mean over images and foreground classes, with
/// `T = (sum(p t) + 1) / (sum(p t) + a sum(p (1 - t)) + b sum((1 - p) t) + 1)`, probability `p` and
/// truth `t` summed over an image's pixels that count, and weights `a` of false positives and `b`
/// of false negatives.
///
/// With `a = b = 1/2` the Dice loss, with `a = b = 1` the Jaccard loss. "Tversky loss function for
/// image segmentation using 3D fully convolutional deep networks" (Salehi et al. 2017,
/// <https://arxiv.org/abs/1706.05721>), whose best weights are the default. An exponent `g` of less
/// than 1 makes the focal Tversky loss, which goes on where the overlap is good already: "A Novel
/// Focal Tversky loss function with improved Attention U-Net for lesion segmentation" (Abraham and
/// Khan 2018, <https://arxiv.org/abs/1810.07842>) takes 3/4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tversky {
    /// How much the term counts.
    pub weight: f64,
    /// How much a false positive counts.
    pub false_positives: f64,
    /// How much a false negative counts.
    pub false_negatives: f64,
    /// The exponent.
    pub exponent: f64,
}

impl Default for Tversky {
    fn default() -> Self {
        Self {
            weight: 1.0,
            false_positives: 0.3,
            false_negatives: 0.7,
            exponent: 1.0,
        }
    }
}

impl Check for Tversky {
    fn check(&self, path: &str, _: usize) -> Result<()> {
        at_least_zero(path, "false_positives", self.false_positives)?;
        at_least_zero(path, "false_negatives", self.false_negatives)?;
        above_zero(path, "exponent", self.exponent)
    }
}

/// Below it a power has no slope that is of use.
const SMALLEST: f64 = 1e-6;

impl Tversky {
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
        let false_positives = (predicted - both.clone()) * self.false_positives;
        let false_negatives = (truth - both.clone()) * self.false_negatives;
        let index = (both.clone() + 1) / (both + false_positives + false_negatives + 1);
        let loss = -index + 1;
        match self.exponent == 1.0 {
            true => loss.mean(),
            false => loss.clamp_min(SMALLEST).powf_scalar(self.exponent).mean(),
        }
    }
}
