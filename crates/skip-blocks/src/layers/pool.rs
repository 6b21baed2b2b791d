//! Pooling.

use burn::tensor::Tensor;
use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions, PadMode};
use cpu_kernels::Resampling;

use super::by_matrices::by_matrices;
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

/// [`max_pool`] whose padding is of zeros: at the edges no maximum is below 0.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::max_pool_zeros;
///
/// let x = Tensor::<4>::full([1, 1, 3, 3], -1.0, &Device::flex());
/// assert_eq!(max_pool_zeros(x, 3, 1, 1).to_data(), [[[[0.0f32, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 0.0]]]].into());
/// ```
pub fn max_pool_zeros(x: Tensor<4>, kernel: usize, stride: usize, padding: usize) -> Tensor<4> {
    let x = x.pad([(padding, padding); 2], PadMode::Constant(0.0));
    max_pool(x, kernel, stride, 0)
}

/// The mean of each `size` x `size` window, `size` apart. A rest at the edge is dropped.
pub fn avg_pool(x: Tensor<4>, size: usize) -> Tensor<4> {
    let options = || AvgPoolOptions::new([size; 2]).with_stride([size; 2]);
    kernels::avg_pool(&x, size).unwrap_or_else(|| avg_pool2d(x, options()))
}

/// The mean of each 2x2 window. The size is halved and rounded up: windows that reach past an odd
/// edge are the mean of what lies inside.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::avg_pool_ceil;
///
/// let x = Tensor::<4>::from_data([[[[1.0, 3.0, 7.0]]]], &Device::flex());
/// assert_eq!(avg_pool_ceil(x).to_data(), [[[[2.0f32, 7.0]]]].into());
/// ```
pub fn avg_pool_ceil(x: Tensor<4>) -> Tensor<4> {
    let options = || AvgPoolOptions::new([2; 2]).with_ceil_mode(true);
    kernels::avg_pool_ceil(&x)
        .unwrap_or_else(|| avg_pool2d(x, options().with_count_include_pad(false)))
}

/// The mean of each 2x2 window, 1 apart. The size is kept: zeros stand below and to the right.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::avg_pool_same;
///
/// let x = Tensor::<4>::full([1, 1, 2, 2], 4.0, &Device::flex());
/// assert_eq!(avg_pool_same(x).to_data(), [[[[4.0f32, 2.0], [2.0, 1.0]]]].into());
/// ```
pub fn avg_pool_same(x: Tensor<4>) -> Tensor<4> {
    let options = || AvgPoolOptions::new([2; 2]).with_stride([1; 2]);
    kernels::avg_pool_same(&x).unwrap_or_else(|| {
        let x = x.pad([(0, 1); 2], PadMode::Constant(0.0));
        avg_pool2d(x, options())
    })
}

/// `x` blurred by the weights 1/4, 1/2, 1/4 along both axes, and every `stride`-th pixel of it: a
/// stride without aliasing. The image is mirrored at its edges.
///
/// "Making Convolutional Networks Shift-Invariant Again" (Zhang 2019,
/// <https://arxiv.org/abs/1904.11486>), section 3.2, with its filter `Tri-3`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::blur_pool;
///
/// let x = Tensor::<4>::from_data([[[[0.0, 4.0, 0.0, 8.0]]]], &Device::flex());
/// assert_eq!(blur_pool(x, 2).to_data(), [[[[2.0f32, 3.0]]]].into());
/// ```
pub fn blur_pool(x: Tensor<4>, stride: usize) -> Tensor<4> {
    kernels::blur_pool(&x, stride).unwrap_or_else(|| {
        let [_, _, height, width] = x.dims();
        by_matrices(x, &Resampling::blur([height, width], stride))
    })
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
