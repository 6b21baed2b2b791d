//! What probabilities and truth have in common, summed over an image.

use burn::tensor::{Tensor, activation::softmax, s};

use super::truth::Truth;

/// Sums over the pixels of an image that count, `[batch, classes]` each.
pub(super) struct Overlaps {
    /// `sum(p t)`
    pub both: Tensor<2>,
    /// `sum(p)`
    pub predicted: Tensor<2>,
    /// `sum(t)`
    pub truth: Tensor<2>,
}

impl Overlaps {
    /// Of all classes.
    pub fn of(logits: Tensor<4>, truth: &Truth) -> Self {
        let (probability, truth_map) = probabilities(logits, truth);
        Self::summed(probability, truth_map)
    }

    /// Of all classes but the background, the first.
    pub fn of_foreground(logits: Tensor<4>, truth: &Truth) -> Self {
        let (probability, truth_map) = foreground(logits, truth);
        Self::summed(probability, truth_map)
    }

    /// Of maps of any values, `[batch, classes, height, width]`.
    pub fn summed(predicted: Tensor<4>, truth: Tensor<4>) -> Self {
        let per_image = |x: Tensor<4>| x.flatten::<3>(2, 3).sum_dim(2).squeeze_dim(2);
        Self {
            both: per_image(predicted.clone() * truth.clone()),
            predicted: per_image(predicted),
            truth: per_image(truth),
        }
    }
}

/// The probability of each class but the background, and its truth; both 0 where a label is ignored.
pub(super) fn foreground(logits: Tensor<4>, truth: &Truth) -> (Tensor<4>, Tensor<4>) {
    let (probability, truth_map) = probabilities(logits, truth);
    let foreground = |map: Tensor<4>| map.slice(s![.., 1.., .., ..]);
    (foreground(probability), foreground(truth_map))
}

/// The probability of each class, and its truth; both 0 where a label is ignored.
pub(super) fn probabilities(logits: Tensor<4>, truth: &Truth) -> (Tensor<4>, Tensor<4>) {
    let [_, classes, ..] = logits.dims();
    let probability = softmax(logits, 1);
    let probability = match truth.counted() {
        Some(counted) => probability * counted,
        None => probability,
    };
    (probability, truth.probabilities(classes))
}
