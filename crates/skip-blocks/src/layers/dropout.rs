//! Dropout.

use burn::nn::Dropout;
use burn::tensor::{Distribution, Tensor};

use super::scale::scale_images;
use crate::seam::draws;

/// `m * x / (1 - p)`, `m ~ Bernoulli(1 - p)` for each value, in training; otherwise `x`.
///
/// "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (Srivastava et al. 2014).
/// A part that is recomputed drops the same values again.
pub fn dropout<const D: usize>(x: Tensor<D>, layer: &Dropout) -> Tensor<D> {
    let active = layer.training.is_enabled() && x.device().is_autodiff();
    drop(x, layer.prob, active, |x| x.dims())
}

/// [`dropout`] of whole channels: "Efficient Object Localization Using Convolutional Networks"
/// (Tompson et al. 2014, <https://arxiv.org/abs/1411.4280>).
pub fn drop_channels(x: Tensor<4>, layer: &Dropout) -> Tensor<4> {
    let active = layer.training.is_enabled() && x.device().is_autodiff();
    drop(x, layer.prob, active, |x| {
        let [batch, channels, ..] = x.dims();
        [batch, channels, 1, 1]
    })
}

/// [`dropout`] of all values of a sample at once: what stochastic depth does to a branch.
pub(crate) fn drop_samples<const D: usize>(x: Tensor<D>, p: f64, active: bool) -> Tensor<D> {
    drop(x, p, active, by_sample)
}

/// What ShakeDrop does to a branch in training: with probability `p` all values of a sample are
/// multiplied by one factor from `[-1, 1)`, and their derivatives by another, from `[0, 1)`.
pub(crate) fn shake_samples<const D: usize>(x: Tensor<D>, p: f64) -> Tensor<D> {
    let (dims, device) = (by_sample(&x), x.device());
    let draw = |distribution| draws::draw(dims, distribution, &device);
    let shaken = draw(Distribution::Bernoulli(p));
    let factors = [(-1.0, 1.0), (0.0, 1.0)].map(|(low, high)| {
        let factor = draw(Distribution::Uniform(low, high));
        (shaken.clone() * (factor - 1.0) + 1.0).autodiff()
    });
    let [forward, backward] = factors;
    // The second term moves the result from one factor to the other, and has no derivative.
    times(x.clone(), backward.clone()) + times(x.detach(), forward - backward)
}

/// A value for each sample.
fn by_sample<const D: usize>(x: &Tensor<D>) -> [usize; D] {
    let mut dims = [1; D];
    dims[0] = x.dims()[0];
    dims
}

fn drop<const D: usize>(
    x: Tensor<D>,
    p: f64,
    active: bool,
    dims: fn(&Tensor<D>) -> [usize; D],
) -> Tensor<D> {
    if !active || p == 0.0 {
        return x;
    }
    let keep = 1.0 - p;
    let (dims, device) = (dims(&x), x.device());
    let kept = draws::draw(dims, Distribution::Bernoulli(keep), &device);
    times(x, kept.autodiff() / keep)
}

/// `x * s`, where `s` may have one place for all of a dimension of `x`.
fn times<const D: usize>(x: Tensor<D>, s: Tensor<D>) -> Tensor<D> {
    let dims = x.dims();
    match dims.get(..2) {
        // A value for each sample, or for each of its channels.
        Some(&[batch, channels]) if s.dims()[2..].iter().all(|&size| size == 1) => {
            let mut by_channel = [1; D];
            by_channel[..2].copy_from_slice(&[batch, channels]);
            scale_images(x, s.expand(by_channel).reshape([batch, channels]))
        }
        _ => x * s,
    }
}
