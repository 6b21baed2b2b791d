//! The focal loss of heat maps.

use anyhow::Result;
use burn::tensor::Tensor;
use burn::tensor::activation::{log_sigmoid, sigmoid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Check, at_least_zero};
use super::heat_map::NEAREST;
use super::truth::Truth;

/// `-1/N sum` of `(1 - p)^a log p` at the points and of `(1 - t)^b p^a log(1 - p)` everywhere else,
/// with `p = sigmoid(x)`, the true heat map `t`, and `N` points in the batch.
///
/// Squares of a map that is 0 almost everywhere are small whatever is said at the points; this counts
/// points, and forgives what is high beside one. "CornerNet: Detecting Objects as Paired Keypoints"
/// (Law and Deng 2018, <https://arxiv.org/abs/1808.01244>), equation 1, as in "Objects as Points"
/// (Zhou et al. 2019, <https://arxiv.org/abs/1904.07850>). There a point is in the middle of a pixel;
/// here the pixels are its own that are at most half a pixel's diagonal away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HeatMapFocal {
    /// How much the term counts.
    pub weight: f64,
    /// How much less the easy ones count, `a`.
    pub alpha: f64,
    /// How much less the pixels around a point count, `b`.
    pub beta: f64,
}

impl Default for HeatMapFocal {
    fn default() -> Self {
        Self {
            weight: 1.0,
            alpha: 2.0,
            beta: 4.0,
        }
    }
}

impl Check for HeatMapFocal {
    fn check(&self, path: &str, _: usize) -> Result<()> {
        at_least_zero(path, "alpha", self.alpha)?;
        at_least_zero(path, "beta", self.beta)
    }
}

impl HeatMapFocal {
    /// The loss of an output, without the term's weight: `[1]`.
    pub fn forward(&self, output: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let map = truth.values();
        let at = map.clone().greater_equal_elem(NEAREST).float();
        let points = at.clone().sum().clamp_min(1.0);
        let beside = (-map + 1).clamp_min(0.0).powf_scalar(self.beta) * (-at.clone() + 1);
        // A power below 1 has no slope at 0.
        let power = |p: Tensor<4>| p.clamp_min(f32::EPSILON).powf_scalar(self.alpha);
        let missed = power(sigmoid(-output.clone())) * log_sigmoid(output.clone()) * at;
        let wrong = power(sigmoid(output.clone())) * log_sigmoid(-output) * beside;
        -(missed + wrong).sum() / points
    }
}
