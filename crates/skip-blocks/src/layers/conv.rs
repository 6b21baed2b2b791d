//! Convolutions and linear layers.

use burn::nn::conv::{Conv1d, Conv2d, Conv2dConfig, ConvTranspose2d};
use burn::nn::{Initializer, Linear, PaddingConfig2d};
use burn::tensor::Tensor;

use super::act::Act;
use super::activate::act;
use super::end::End;
use super::join::finish;
use super::norm::Norm;
use super::normalize::norm;
use crate::{kernels, seam};

/// A square convolution without bias, as it stands before a normalisation.
///
/// Weights start normal with variance `2 / (out_channels * kernel^2)`: He 2015 by fan-out, not
/// divided by groups, which is torchvision's choice for residual and dense networks.
/// No padding; see [`padded_conv`].
pub fn conv2d_config(in_channels: usize, out_channels: usize, kernel: usize) -> Conv2dConfig {
    let fan_out = (out_channels * kernel * kernel) as f64;
    Conv2dConfig::new([in_channels, out_channels], [kernel, kernel])
        .with_bias(false)
        .with_initializer(Initializer::Normal {
            mean: 0.0,
            std: (2.0 / fan_out).sqrt(),
        })
}

/// [`conv2d_config`] padded by half the kernel, so that stride 1 keeps the size of an odd kernel's
/// input and stride `s` gives `ceil(size / s)`.
pub fn padded_conv(in_channels: usize, out_channels: usize, kernel: usize) -> Conv2dConfig {
    conv2d_config(in_channels, out_channels, kernel).with_padding(padding(kernel / 2))
}

/// A 3x3 convolution, padded by 1, without bias.
pub fn conv3x3(in_channels: usize, out_channels: usize) -> Conv2dConfig {
    padded_conv(in_channels, out_channels, 3)
}

/// [`conv3x3`] whose taps are `dilation` pixels apart, padded by as much.
pub fn dilated_conv3x3(in_channels: usize, out_channels: usize, dilation: usize) -> Conv2dConfig {
    conv3x3(in_channels, out_channels)
        .with_padding(padding(dilation))
        .with_dilation([dilation; 2])
}

/// A 1x1 convolution without bias.
pub fn conv1x1(in_channels: usize, out_channels: usize) -> Conv2dConfig {
    conv2d_config(in_channels, out_channels, 1)
}

fn padding(pixels: usize) -> PaddingConfig2d {
    PaddingConfig2d::Explicit(pixels, pixels, pixels, pixels)
}

/// `end(conv(x))`
pub fn conv(x: Tensor<4>, layer: &Conv2d, end: impl Into<End>) -> Tensor<4> {
    let (mut end, rest) = end.into().along();
    let y = kernels::conv(&x, layer, &mut end).unwrap_or_else(|| finish(layer.forward(x), end));
    seam::count(layer, || conv_macs(layer, &y));
    seam::output(layer, act(y, rest))
}

/// `end(norm(conv(x)))`
///
/// Who watches sees the end's result under the path of `normalization`, if there is one.
pub fn conv_norm(
    x: Tensor<4>,
    layer: &Conv2d,
    normalization: &Norm,
    end: impl Into<End>,
) -> Tensor<4> {
    let end = end.into();
    match normalization {
        Norm::None(_) => conv(x, layer, end),
        Norm::Batch(batch_norm) => {
            let (mut along, rest) = end.along();
            match kernels::conv_norm(&x, layer, batch_norm, &mut along) {
                Some(y) => {
                    seam::count(layer, || conv_macs(layer, &y));
                    seam::output(normalization, act(y, rest))
                }
                None => {
                    let y = conv(x, layer, Act::None);
                    norm(y, normalization, along.then(rest))
                }
            }
        }
        Norm::Group(_) | Norm::Layer(_) | Norm::Instance(_) => {
            norm(conv(x, layer, Act::None), normalization, end)
        }
    }
}

fn conv_macs(layer: &Conv2d, y: &Tensor<4>) -> usize {
    let [_, channels_per_group, kernel_height, kernel_width] = layer.weight.dims();
    y.shape().num_elements() * channels_per_group * kernel_height * kernel_width
}

/// The transposed convolution of `x`.
pub fn conv_transpose(x: Tensor<4>, layer: &ConvTranspose2d) -> Tensor<4> {
    seam::count(layer, || {
        let [_, channels_per_group, kernel_height, kernel_width] = layer.weight.dims();
        x.shape().num_elements() * channels_per_group * kernel_height * kernel_width
    });
    let y = kernels::conv_transpose(&x, layer).unwrap_or_else(|| layer.forward(x));
    seam::output(layer, y)
}

/// `act(conv(x))` along one axis, by Burn's operation: for a few values an image.
pub fn conv1d(x: Tensor<3>, layer: &Conv1d, activation: Act) -> Tensor<3> {
    let y = layer.forward(x);
    seam::count(layer, || {
        let [_, channels_per_group, kernel] = layer.weight.dims();
        y.shape().num_elements() * channels_per_group * kernel
    });
    seam::output(layer, act(y, activation))
}

/// `act(x W + b)`
pub fn linear<const D: usize>(x: Tensor<D>, layer: &Linear, activation: Act) -> Tensor<D> {
    seam::count(layer, || {
        let [_, out_features] = layer.weight.dims();
        x.shape().num_elements() * out_features
    });
    seam::output(layer, act(layer.forward(x), activation))
}
