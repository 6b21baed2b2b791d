//! How a normalisation is applied.

use burn::nn::BatchNorm;
use burn::tensor::Tensor;
use burn::tensor::module::{batch_norm as frozen, batch_norm_train};

use super::act::Act;
use super::activate::act;
use super::end::End;
use super::join::finish;
use super::norm::Norm;
use super::statistics::update_running_statistics;
use crate::{kernels, seam};

/// `end(norm(x))`
///
/// A batch normalisation is `(x - mean) / sqrt(variance + epsilon) * gamma + beta` for each
/// channel. On a device that differentiates, with a layer that is in training, mean and variance
/// are those of the batch, and the running ones move towards them: the variance that divides is
/// over all `n` values, that which is kept is over `n - 1`, as in PyTorch. Otherwise they are the
/// running ones.
pub fn norm(x: Tensor<4>, layer: &Norm, end: impl Into<End>) -> Tensor<4> {
    let end = end.into();
    // A straight activation is done along with some normalisations; an addition is not.
    let along = match end.add {
        None if end.act.goes_along() => end.act,
        _ => Act::None,
    };
    let y = match layer {
        Norm::Batch(layer) => {
            let y = kernels::norm(&x, layer, along);
            let y = y.unwrap_or_else(|| act(batch_norm(x, layer), along));
            finish(y, end.without(along))
        }
        Norm::Instance(layer) => finish(layer.forward(x, along), end.without(along)),
        Norm::Group(layer) => {
            let y = kernels::group_norm(&x, layer, along);
            let y = y.unwrap_or_else(|| act(layer.forward(x), along));
            finish(y, end.without(along))
        }
        Norm::Layer(layer) => finish(layer.forward(x), end),
        Norm::None(_) => finish(x, end),
    };
    seam::output(layer, y)
}

fn batch_norm(x: Tensor<4>, norm: &BatchNorm) -> Tensor<4> {
    if x.device().is_autodiff() && norm.training.is_enabled() {
        let [batch, _, height, width] = x.dims();
        let batch_norm = batch_norm_train(x, norm.gamma.val(), norm.beta.val(), norm.epsilon);
        let count = batch * height * width;
        update_running_statistics(norm, batch_norm.mean, batch_norm.variance, count);
        return batch_norm.output;
    }
    let device = x.device();
    frozen(
        x,
        norm.gamma.val(),
        norm.beta.val(),
        norm.running_mean.value().to_device(&device),
        norm.running_var.value().to_device(&device),
        norm.epsilon,
    )
}
