//! Softmax cross-entropy.

use anyhow::{Result, ensure};
use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skip_blocks::layers;

use super::check::{Check, class_weights};
use super::truth::Truth;

/// `-sum_c w_c q_c log softmax(x)_c`, averaged over images and pixels.
///
/// `q` is 1 for the true class and 0 for the others, or a target's own probabilities, and with
/// smoothing `e` becomes `(1 - e) q + e / classes`. The average of labels is weighted by the
/// weight `w` of the true class, that of probabilities is plain, both as in PyTorch. Ignored labels
/// do not count.
///
/// "Rethinking the Inception Architecture for Computer Vision" (Szegedy et al. 2016,
/// <https://arxiv.org/abs/1512.00567>), section 7, for the smoothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CrossEntropy {
    /// How much the term counts.
    pub weight: f64,
    /// The part of the truth that is spread over all classes, 0 to 1.
    pub smoothing: f64,
    /// How much each class counts; none: all alike.
    pub class_weights: Option<Vec<f64>>,
}

impl Default for CrossEntropy {
    fn default() -> Self {
        Self {
            weight: 1.0,
            smoothing: 0.0,
            class_weights: None,
        }
    }
}

impl Check for CrossEntropy {
    fn check(&self, path: &str, channels: usize) -> Result<()> {
        ensure!(
            (0.0..=1.0).contains(&self.smoothing),
            "{path}.smoothing = {}: must be 0 to 1",
            self.smoothing
        );
        class_weights(path, "class_weights", self.class_weights.as_ref(), channels)
    }
}

impl CrossEntropy {
    /// The loss of logits, without the term's weight.
    ///
    /// # Shapes
    /// `logits`: `[batch, classes, height, width]`. Output: `[1]`.
    pub fn forward(&self, logits: Tensor<4>, truth: &Truth) -> Tensor<1> {
        match truth.targets().classes() {
            Some(labels) => {
                let weights = self.class_weights.as_ref();
                let options = layers::CrossEntropy {
                    smoothing: self.smoothing,
                    class_weights: weights
                        .map(|weights| weights.iter().map(|weight| *weight as f32).collect()),
                };
                layers::cross_entropy(logits, labels.clone(), &options)
            }
            None => self.of_probabilities(logits, truth),
        }
    }

    fn of_probabilities(&self, logits: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let [_, classes, ..] = logits.dims();
        let spread = self.smoothing / classes as f64;
        let expected = truth.probabilities(classes) * (1.0 - self.smoothing) + spread;
        let expected = match &self.class_weights {
            Some(weights) => truth.by_class(expected, weights),
            None => expected,
        };
        -truth.average((log_softmax(logits, 1) * expected).sum_dim(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Targets;
    use burn::tensor::{Device, Int, Tolerance};

    /// Three classes, two pixels.
    fn logits() -> Tensor<4> {
        Tensor::from_data(
            [[[[1.0, -0.5]], [[2.0, 0.0]], [[0.5, 3.0]]]],
            &Device::flex(),
        )
    }

    fn labels(labels: [i64; 2]) -> Truth {
        let labels = Tensor::<3, Int>::from_data([[labels]], &Device::flex());
        Truth::new(Targets::Classes(labels), [1, 2], [1, 2])
    }

    fn close(loss: Tensor<1>, expected: f32) {
        let expected = Tensor::<1>::from_data([expected], &Device::flex());
        loss.into_data()
            .assert_approx_eq::<f32>(&expected.into_data(), Tolerance::absolute(2e-6));
    }

    // The expected values are PyTorch's `cross_entropy`, written out by hand in float64:
    // log softmax of the first pixel is (-1.464369, -0.464369, -1.964369), of the second
    // (-3.576947, -3.076947, -0.076947).

    #[test]
    fn labels_are_averaged_over_pixels() {
        close(
            CrossEntropy::default().forward(logits(), &labels([1, 2])),
            (0.464_369 + 0.076_947) / 2.0,
        );
    }

    #[test]
    fn ignored_labels_do_not_count() {
        close(
            CrossEntropy::default().forward(logits(), &labels([0, -1])),
            1.464_369,
        );
        close(
            CrossEntropy::default().forward(logits(), &labels([-1, -1])),
            0.0,
        );
    }

    #[test]
    fn class_weights_weigh_the_average_too() {
        let term = CrossEntropy {
            class_weights: Some(vec![1.0, 2.0, 5.0]),
            ..CrossEntropy::default()
        };
        let expected = (2.0 * 0.464_369 + 5.0 * 0.076_947) / 7.0;
        close(term.forward(logits(), &labels([1, 2])), expected);
    }

    #[test]
    fn smoothing_spreads_a_part_over_all_classes() {
        let term = CrossEntropy {
            smoothing: 0.3,
            ..CrossEntropy::default()
        };
        let first = 0.7 * 0.464_369 + 0.1 * (1.464_369 + 0.464_369 + 1.964_369);
        let second = 0.7 * 0.076_947 + 0.1 * (3.576_947 + 3.076_947 + 0.076_947);
        close(
            term.forward(logits(), &labels([1, 2])),
            (first + second) / 2.0,
        );
        close(term.forward(logits(), &labels([1, -1])), first);
    }

    #[test]
    fn probabilities_are_targets_too() {
        let soft = Tensor::from_data(
            [[[[0.5, 0.0]], [[0.25, 0.0]], [[0.25, 1.0]]]],
            &Device::flex(),
        );
        let truth = Truth::new(Targets::Soft(soft), [1, 2], [1, 2]);
        let first = 0.5 * 1.464_369 + 0.25 * 0.464_369 + 0.25 * 1.964_369;
        close(
            CrossEntropy::default().forward(logits(), &truth),
            (first + 0.076_947) / 2.0,
        );
        let weighted = CrossEntropy {
            smoothing: 0.3,
            class_weights: Some(vec![1.0, 2.0, 5.0]),
            ..CrossEntropy::default()
        };
        // 0.7 of each probability and 0.1 for each class, by the classes' weights.
        let first = 0.45 * 1.464_369 + 2.0 * 0.275 * 0.464_369 + 5.0 * 0.275 * 1.964_369;
        let second = 0.1 * 3.576_947 + 2.0 * 0.1 * 3.076_947 + 5.0 * 0.8 * 0.076_947;
        close(weighted.forward(logits(), &truth), (first + second) / 2.0);
    }
}
