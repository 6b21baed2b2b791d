//! Binary cross-entropy of each class against the rest.

use anyhow::Result;
use burn::tensor::Tensor;
use burn::tensor::activation::log_sigmoid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Check, class_weights};
use super::truth::Truth;

/// `-(w_c t log s(x) + (1 - t) log(1 - s(x)))` with the sigmoid `s` and the truth `t` of each class,
/// averaged over classes and over the pixels that count.
///
/// Classes do not compete, as they do in softmax. The weight `w_c` of a class's positives makes up
/// for their being few; it is PyTorch's `pos_weight`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bce {
    /// How much the term counts.
    pub weight: f64,
    /// How much each class counts where it is true; none: 1.
    pub positive_weights: Option<Vec<f64>>,
}

impl Default for Bce {
    fn default() -> Self {
        Self {
            weight: 1.0,
            positive_weights: None,
        }
    }
}

impl Check for Bce {
    fn check(&self, path: &str, channels: usize) -> Result<()> {
        let weights = self.positive_weights.as_ref();
        class_weights(path, "positive_weights", weights, channels)
    }
}

impl Bce {
    /// The loss of logits, without the term's weight.
    ///
    /// # Shapes
    /// `logits`: `[batch, classes, height, width]`. Output: `[1]`.
    pub fn forward(&self, logits: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let [_, classes, ..] = logits.dims();
        let is = truth.probabilities(classes);
        let is_not = -is.clone() + 1;
        let is = match &self.positive_weights {
            Some(weights) => truth.by_class(is, weights),
            None => is,
        };
        let log = is * log_sigmoid(logits.clone()) + is_not * log_sigmoid(-logits);
        -truth.average(log.mean_dim(1))
    }
}
