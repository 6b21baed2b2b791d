//! What a network's end is compared by.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};

use super::loss_options::{CrossEntropy, IGNORED};
use crate::kernels;

/// The mean over images and pixels of
/// `-(1 - e) w_t log p_t - e / classes sum_c w_c log p_c`, `p = softmax(logits)`, for target `t`,
/// weights `w` and smoothing `e`; the sum is divided by that of `w_t`, as PyTorch does.
///
/// Pixels whose target is [`IGNORED`] do not count. Where none counts the loss is 0.
///
/// # Shapes
/// `logits`: `[batch, classes, height, width]`. `targets`: `[batch, height, width]`.
/// Output: `[1]`.
///
/// # Panics
/// If the shapes do not fit, there is not a weight for each class, or a target is neither the
/// number of a class nor [`IGNORED`].
pub fn cross_entropy(
    logits: Tensor<4>,
    targets: Tensor<3, Int>,
    options: &CrossEntropy,
) -> Tensor<1> {
    kernels::cross_entropy(&logits, &targets, options)
        .unwrap_or_else(|| composed(logits, targets, options))
}

/// Of Burn's operations.
fn composed(logits: Tensor<4>, targets: Tensor<3, Int>, options: &CrossEntropy) -> Tensor<1> {
    let [_, classes, ..] = logits.dims();
    let device = logits.device();
    let counted = targets.clone().not_equal_elem(IGNORED).float();
    let counted = counted.unsqueeze_dim::<4>(1);
    let classes_in_order = Tensor::<1, Int>::arange(0..classes as i64, &device);
    let truth = targets.unsqueeze_dim::<4>(1).expand(logits.dims());
    let truth = truth.equal(
        classes_in_order
            .reshape([1, -1, 1, 1])
            .expand(logits.dims()),
    );
    let truth = truth.float();
    let weights = match &options.class_weights {
        Some(weights) => Tensor::<1>::from_floats(&weights[..], &device),
        None => Tensor::ones([classes], &device),
    };
    let weights = weights.reshape([1, -1, 1, 1]);
    let total = (truth.clone() * weights.clone()).sum();
    let spread = counted * (options.smoothing / classes as f64);
    let expected = truth * (1.0 - options.smoothing) + spread;
    let sum = -(log_softmax(logits, 1) * expected * weights).sum();
    // A mean over nothing is 0.
    sum / total.clamp_min(f32::MIN_POSITIVE)
}

/// `[batch, classes, height, width]` to `[batch * height * width, classes]`
pub fn by_pixel(logits: Tensor<4>) -> Tensor<2> {
    let [batch, classes, height, width] = logits.dims();
    logits
        .permute([0, 2, 3, 1])
        .reshape([batch * height * width, classes])
}
