//! The Dice loss.

use burn::tensor::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Check;
use super::overlaps::Overlaps;
use super::truth::Truth;

/// `1 - (2 sum(p t) + 1) / (sum(p) + sum(t) + 1)` with probability `p` and truth `t`, summed over
/// an image's pixels that count; the mean over images and foreground classes.
///
/// Cross-entropy weighs all pixels alike, so that the background rules where it is most of the
/// image; this sees the overlap of each class whatever its size. "V-Net: Fully Convolutional
/// Neural Networks for Volumetric Medical Image Segmentation" (Milletari et al. 2016,
/// <https://arxiv.org/abs/1606.04797>), with plain sums in the denominator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dice {
    /// How much the term counts.
    pub weight: f64,
}

impl Default for Dice {
    fn default() -> Self {
        Self { weight: 1.0 }
    }
}

impl Check for Dice {}

impl Dice {
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
        let dice = (both * 2 + 1) / (predicted + truth + 1);
        -dice.mean() + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Targets;
    use burn::tensor::{Device, Int};

    /// Logits that are sure of classes 1, 0, 1 and 1 of three.
    fn sure() -> Tensor<4> {
        Tensor::<4>::from_data(
            [[
                [[-50.0, 50.0, -50.0, -50.0]],
                [[50.0, -50.0, 50.0, 50.0]],
                [[-50.0, -50.0, -50.0, -50.0]],
            ]],
            &Device::flex(),
        )
    }

    fn loss_of(labels: [i64; 4]) -> f32 {
        let labels = Tensor::<3, Int>::from_data([[labels]], &Device::flex());
        let truth = Truth::new(Targets::Classes(labels), [1, 4], [1, 4]);
        Dice::default().forward(sure(), &truth).into_scalar()
    }

    #[test]
    fn full_overlap_costs_nothing() {
        assert!(loss_of([1, 0, 1, 1]).abs() < 1e-6);
    }

    #[test]
    fn dice_is_the_mean_over_foreground_classes() {
        // Class 1: (2 * 2 + 1) / (3 + 2 + 1). Class 2: (0 + 1) / (0 + 1 + 1).
        let expected = 1.0 - (5.0 / 6.0 + 1.0 / 2.0) / 2.0;
        assert!((loss_of([1, 0, 1, 2]) - expected).abs() < 1e-6);
    }

    #[test]
    fn ignored_labels_do_not_count() {
        // The third pixel is left out. Class 1: (2 * 2 + 1) / (2 + 2 + 1). Class 2: 1 / 1.
        assert!(loss_of([1, 0, -1, 1]).abs() < 1e-6);
        // Class 1: (2 + 1) / (2 + 1 + 1). Class 2: 1 / (0 + 1 + 1).
        let expected = 1.0 - (3.0 / 4.0 + 1.0 / 2.0) / 2.0;
        assert!((loss_of([1, 0, -1, 2]) - expected).abs() < 1e-6);
    }
}
