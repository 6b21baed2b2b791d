//! Pooling.

use burn::tensor::Tensor;
use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};

use crate::kernels;

/// The maximum of each `kernel` x `kernel` window, `stride` apart, padded by `padding`.
pub fn max_pool(x: Tensor<4>, kernel: usize, stride: usize, padding: usize) -> Tensor<4> {
    if let Some(y) = kernels::max_pool(&x, kernel, stride, [[padding; 2]; 2]) {
        return y;
    }
    let options = MaxPoolOptions::new([kernel; 2])
        .with_stride([stride; 2])
        .with_padding([padding; 2]);
    max_pool2d(x, options)
}

/// The maximum of each 2x2 window. The size is halved and rounded up: windows that reach past an
/// odd edge hold what lies inside.
pub fn max_pool_ceil(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let padding = [[0, height % 2], [0, width % 2]];
    if let Some(y) = kernels::max_pool(&x, 2, 2, padding) {
        return y;
    }
    let options = MaxPoolOptions::new([2; 2])
        .with_stride([2; 2])
        .with_ceil_mode(true);
    max_pool2d(x, options)
}

/// The mean of each `size` x `size` window, `size` apart. A rest at the edge is dropped.
pub fn avg_pool(x: Tensor<4>, size: usize) -> Tensor<4> {
    let options = || AvgPoolOptions::new([size; 2]).with_stride([size; 2]);
    kernels::avg_pool(&x, size).unwrap_or_else(|| avg_pool2d(x, options()))
}

/// The mean of each channel: `[batch, channels, ..]` to `[batch, channels]`.
pub fn global_avg_pool<const D: usize>(x: Tensor<D>) -> Tensor<2> {
    if let Some(mean) = kernels::global_avg_pool(&x) {
        return mean;
    }
    let [batch, channels] = [x.dims()[0], x.dims()[1]];
    let positions = x.dims()[2..].iter().product();
    x.reshape([batch, channels, positions])
        .mean_dim(2)
        .reshape([batch, channels])
}

/// The maximum of each channel: `[batch, channels, ..]` to `[batch, channels]`. By Burn's operation
/// on every backend.
pub fn global_max_pool<const D: usize>(x: Tensor<D>) -> Tensor<2> {
    let [batch, channels] = [x.dims()[0], x.dims()[1]];
    let positions = x.dims()[2..].iter().product();
    x.reshape([batch, channels, positions])
        .max_dim(2)
        .reshape([batch, channels])
}
