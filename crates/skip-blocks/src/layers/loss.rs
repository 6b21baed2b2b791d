//! What a network's end is compared by.

use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Int, Tensor};

use crate::kernels;

/// The mean over images and pixels of `-log softmax(logits)[target]`.
///
/// # Shapes
/// `logits`: `[batch, classes, height, width]`. `targets`: `[batch, height, width]`.
/// Output: `[1]`.
///
/// # Panics
/// If the shapes do not fit, or a target is not the number of a class.
pub fn cross_entropy(logits: Tensor<4>, targets: Tensor<3, Int>) -> Tensor<1> {
    kernels::cross_entropy(&logits, &targets).unwrap_or_else(|| {
        CrossEntropyLossConfig::new()
            .init(&logits.device())
            .forward(by_pixel(logits), targets.flatten(0, 2))
    })
}

/// `[batch, classes, height, width]` to `[batch * height * width, classes]`
pub fn by_pixel(logits: Tensor<4>) -> Tensor<2> {
    let [batch, classes, height, width] = logits.dims();
    logits
        .permute([0, 2, 3, 1])
        .reshape([batch * height * width, classes])
}
