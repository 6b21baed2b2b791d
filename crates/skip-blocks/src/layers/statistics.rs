//! The running statistics of a batch normalisation.

use burn::nn::BatchNorm;
use burn::tensor::Tensor;

use crate::seam::scope::is_again;

/// Moves the running statistics towards those of a batch, whose variance is over all `count`
/// values. What is kept is over one less, as in PyTorch.
pub(crate) fn update_running_statistics(
    norm: &BatchNorm,
    mean: Tensor<1>,
    variance: Tensor<1>,
    count: usize,
) {
    // What is recomputed has been counted already.
    if is_again() {
        return;
    }
    let device = mean.device();
    let unbiased = count as f64 / (count as f64 - 1.0).max(1.0);
    let moved = |running: Tensor<1>, batch: Tensor<1>| {
        running.to_device(&device) * (1.0 - norm.momentum) + batch.detach() * norm.momentum
    };
    let mean = moved(norm.running_mean.value_sync(), mean);
    let variance = moved(norm.running_var.value_sync(), variance * unbiased);
    norm.running_mean.update(mean.detach());
    norm.running_var.update(variance.detach());
}
