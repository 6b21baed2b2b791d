//! Batch normalisation.
//!
//! "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift"
//! (Ioffe and Szegedy 2015, <https://arxiv.org/abs/1502.03167>).

use burn::tensor::module::{batch_norm as normalize, batch_norm_train};
use burn::tensor::{Tensor, activation::relu};

use super::BatchNorm;
use crate::kernels;

/// `bn(x)`: `(x - mean) / sqrt(variance + epsilon) * gamma + beta` for each channel.
///
/// On a device that differentiates, with a layer that is in training, mean and variance are those
/// of the batch, and the running ones move towards them: the variance that divides is over all `n`
/// values, that which is kept is over `n - 1`, as in PyTorch. Otherwise they are the running ones.
pub fn batch_norm(x: Tensor<4>, norm: &BatchNorm) -> Tensor<4> {
    kernels::norm(&x, norm, false).unwrap_or_else(|| normalized(x, norm))
}

/// `relu(bn(x))`
pub fn bn_relu(x: Tensor<4>, norm: &BatchNorm) -> Tensor<4> {
    kernels::norm(&x, norm, true).unwrap_or_else(|| relu(normalized(x, norm)))
}

fn normalized(x: Tensor<4>, norm: &BatchNorm) -> Tensor<4> {
    if x.device().is_autodiff() && norm.training.is_enabled() {
        let [batch, _, height, width] = x.dims();
        let batch_norm = batch_norm_train(x, norm.gamma.val(), norm.beta.val(), norm.epsilon);
        let count = batch * height * width;
        update_running_statistics(norm, batch_norm.mean, batch_norm.variance, count);
        return batch_norm.output;
    }
    let device = x.device();
    normalize(
        x,
        norm.gamma.val(),
        norm.beta.val(),
        norm.running_mean.value().to_device(&device),
        norm.running_var.value().to_device(&device),
        norm.epsilon,
    )
}

/// Moves the running statistics towards those of a batch, whose variance is over all `count`
/// values.
pub(crate) fn update_running_statistics(
    norm: &BatchNorm,
    mean: Tensor<1>,
    variance: Tensor<1>,
    count: usize,
) {
    if kernels::is_again() {
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
