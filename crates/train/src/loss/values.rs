//! Losses of values: of images to be made, and of heat maps.

use anyhow::Result;
use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Check, above_zero};
use super::truth::Truth;

/// `(x - t)^2`, averaged over all values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mse {
    /// How much the term counts.
    pub weight: f64,
}

/// `|x - t|`, averaged over all values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct L1 {
    /// How much the term counts.
    pub weight: f64,
}

/// `(x - t)^2 / 2` where `|x - t|` is at most `delta`, else `delta (|x - t| - delta / 2)`, averaged
/// over all values: as [`Mse`] near the truth, as [`L1`] far from it.
///
/// "Robust Estimation of a Location Parameter" (Huber 1964,
/// <https://doi.org/10.1214/aoms/1177703732>).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Huber {
    /// How much the term counts.
    pub weight: f64,
    /// Where the square ends.
    pub delta: f64,
}

/// `sqrt((x - t)^2 + e^2)`, averaged over all values: as [`L1`], but smooth at the truth.
///
/// "Two deterministic half-quadratic regularization algorithms for computed imaging" (Charbonnier et
/// al. 1994, <https://doi.org/10.1109/ICIP.1994.413553>); `e` as in "Fast and Accurate Image
/// Super-Resolution with Deep Laplacian Pyramid Networks" (Lai et al. 2018,
/// <https://arxiv.org/abs/1710.01992>).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Charbonnier {
    /// How much the term counts.
    pub weight: f64,
    /// How wide the smooth part is, `e`.
    pub epsilon: f64,
}

impl Default for Mse {
    fn default() -> Self {
        Self { weight: 1.0 }
    }
}

impl Default for L1 {
    fn default() -> Self {
        Self { weight: 1.0 }
    }
}

impl Default for Huber {
    fn default() -> Self {
        Self {
            weight: 1.0,
            delta: 1.0,
        }
    }
}

impl Default for Charbonnier {
    fn default() -> Self {
        Self {
            weight: 1.0,
            epsilon: 1e-3,
        }
    }
}

impl Check for Mse {}

impl Check for L1 {}

impl Check for Huber {
    fn check(&self, path: &str, _: usize) -> Result<()> {
        above_zero(path, "delta", self.delta)
    }
}

impl Check for Charbonnier {
    fn check(&self, path: &str, _: usize) -> Result<()> {
        above_zero(path, "epsilon", self.epsilon)
    }
}

impl Mse {
    /// The loss of an output, without the term's weight: `[1]`.
    pub fn forward(&self, output: Tensor<4>, truth: &Truth) -> Tensor<1> {
        (output - truth.values()).square().mean()
    }
}

impl L1 {
    /// The loss of an output, without the term's weight: `[1]`.
    pub fn forward(&self, output: Tensor<4>, truth: &Truth) -> Tensor<1> {
        (output - truth.values()).abs().mean()
    }
}

impl Huber {
    /// The loss of an output, without the term's weight: `[1]`.
    pub fn forward(&self, output: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let distance = (output - truth.values()).abs();
        let near = distance.clone().clamp_max(self.delta);
        // Near the truth the second factor is half the distance, far from it the straight line.
        (near.clone() * (distance - near / 2.0)).mean()
    }
}

impl Charbonnier {
    /// The loss of an output, without the term's weight: `[1]`.
    pub fn forward(&self, output: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let square = (output - truth.values()).square();
        (square + self.epsilon * self.epsilon).sqrt().mean()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Targets;
    use burn::tensor::Device;

    /// Distances of 0.5, 1, 2 and 4.
    fn case() -> (Tensor<4>, Truth) {
        let device = Device::flex();
        let output = Tensor::from_data([[[[0.5, 1.0], [-2.0, 5.0]]]], &device);
        let truth = Tensor::from_data([[[[0.0, 2.0], [0.0, 1.0]]]], &device);
        (output, Truth::new(Targets::Values(truth), [2, 2], [2, 2]))
    }

    #[test]
    fn mse_is_the_mean_square() {
        let (output, truth) = case();
        let loss: f32 = Mse::default().forward(output, &truth).into_scalar();
        assert_eq!(loss, (0.25 + 1.0 + 4.0 + 16.0) / 4.0);
    }

    #[test]
    fn l1_is_the_mean_distance() {
        let (output, truth) = case();
        let loss: f32 = L1::default().forward(output, &truth).into_scalar();
        assert_eq!(loss, (0.5 + 1.0 + 2.0 + 4.0) / 4.0);
    }

    #[test]
    fn huber_is_a_square_near_and_straight_far() {
        let (output, truth) = case();
        let term = Huber {
            delta: 1.5,
            ..Huber::default()
        };
        // PyTorch's `huber_loss(delta=1.5)`: 0.125, 0.5, 1.5 (2 - 0.75), 1.5 (4 - 0.75).
        let loss: f32 = term.forward(output, &truth).into_scalar();
        assert_eq!(loss, (0.125 + 0.5 + 1.875 + 4.875) / 4.0);
    }
}
