//! The focal loss.

use anyhow::Result;
use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Check, at_least_zero, class_weights};
use super::truth::Truth;

/// `-sum_c w_c q_c (1 - p_c)^g log p_c` with `p = softmax(x)` and the truth `q`, averaged over images
/// and over the pixels that count.
///
/// Cross-entropy in which what is answered well already counts less, so that the many easy pixels do
/// not drown the few hard ones. "Focal Loss for Dense Object Detection" (Lin et al. 2017,
/// <https://arxiv.org/abs/1708.02002>), section 3, with softmax in place of the sigmoid: for two
/// classes it is the same of `x_1 - x_0`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Focal {
    /// How much the term counts.
    pub weight: f64,
    /// How much less the easy ones count; 0: cross-entropy.
    pub gamma: f64,
    /// How much each class counts; none: all alike.
    pub class_weights: Option<Vec<f64>>,
}

impl Default for Focal {
    fn default() -> Self {
        Self {
            weight: 1.0,
            gamma: 2.0,
            class_weights: None,
        }
    }
}

impl Check for Focal {
    fn check(&self, path: &str, channels: usize) -> Result<()> {
        at_least_zero(path, "gamma", self.gamma)?;
        class_weights(path, "class_weights", self.class_weights.as_ref(), channels)
    }
}

impl Focal {
    /// The loss of logits, without the term's weight.
    ///
    /// # Shapes
    /// `logits`: `[batch, classes, height, width]`. Output: `[1]`.
    pub fn forward(&self, logits: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let [_, classes, ..] = logits.dims();
        let expected = truth.probabilities(classes);
        let expected = match &self.class_weights {
            Some(weights) => truth.by_class(expected, weights),
            None => expected,
        };
        let log = log_softmax(logits, 1);
        // A power below 1 has no slope at 0.
        let hardness = (-log.clone().exp() + 1).clamp_min(f32::EPSILON);
        let loss = hardness.powf_scalar(self.gamma) * log * expected;
        -truth.average(loss.sum_dim(1))
    }
}
