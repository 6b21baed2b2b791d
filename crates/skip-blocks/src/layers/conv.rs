//! Convolutions, alone and in the runs that blocks are made of.

use burn::nn::{Initializer, PaddingConfig2d};
use burn::tensor::{Tensor, activation};

use super::{
    BatchNorm, Conv2d, Conv2dConfig, ConvTranspose2d, Linear, add, add_relu, batch_norm, macs,
};
use crate::kernels::{self, ConvEnd};

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
    let half = kernel / 2;
    conv2d_config(in_channels, out_channels, kernel)
        .with_padding(PaddingConfig2d::Explicit(half, half, half, half))
}

/// A 3x3 convolution, padded by 1, without bias.
pub fn conv3x3(in_channels: usize, out_channels: usize) -> Conv2dConfig {
    padded_conv(in_channels, out_channels, 3)
}

/// A 1x1 convolution without bias.
pub fn conv1x1(in_channels: usize, out_channels: usize) -> Conv2dConfig {
    conv2d_config(in_channels, out_channels, 1)
}

/// `conv(x)`
pub fn conv(x: Tensor<4>, layer: &Conv2d) -> Tensor<4> {
    conv_end(x, layer, ConvEnd::default())
}

/// `relu(conv(x))`
pub fn conv_relu(x: Tensor<4>, layer: &Conv2d) -> Tensor<4> {
    let end = ConvEnd {
        shortcut: None,
        relu: true,
    };
    conv_end(x, layer, end)
}

/// `conv(x) + shortcut`
pub fn conv_add(x: Tensor<4>, layer: &Conv2d, shortcut: Tensor<4>) -> Tensor<4> {
    let end = ConvEnd {
        shortcut: Some(shortcut),
        relu: false,
    };
    conv_end(x, layer, end)
}

/// `bn(conv(x))`
pub fn conv_bn(x: Tensor<4>, layer: &Conv2d, norm: &BatchNorm) -> Tensor<4> {
    conv_bn_end(x, layer, norm, ConvEnd::default())
}

/// `relu(bn(conv(x)))`
pub fn conv_bn_relu(x: Tensor<4>, layer: &Conv2d, norm: &BatchNorm) -> Tensor<4> {
    let end = ConvEnd {
        shortcut: None,
        relu: true,
    };
    conv_bn_end(x, layer, norm, end)
}

/// `relu(bn(conv(x)) + shortcut)`
pub fn conv_bn_add_relu(
    x: Tensor<4>,
    layer: &Conv2d,
    norm: &BatchNorm,
    shortcut: Tensor<4>,
) -> Tensor<4> {
    let end = ConvEnd {
        shortcut: Some(shortcut),
        relu: true,
    };
    conv_bn_end(x, layer, norm, end)
}

/// `conv(x)`, then what is at its end.
fn conv_end(x: Tensor<4>, layer: &Conv2d, end: ConvEnd) -> Tensor<4> {
    let y = kernels::conv(&x, layer, &end).unwrap_or_else(|| finish(layer.forward(x), end));
    record_conv(layer, &y);
    y
}

/// `bn(conv(x))`, then what is at its end.
fn conv_bn_end(x: Tensor<4>, layer: &Conv2d, norm: &BatchNorm, end: ConvEnd) -> Tensor<4> {
    match kernels::conv_norm(&x, layer, norm, &end) {
        Some(y) => {
            record_conv(layer, &y);
            y
        }
        None => finish(batch_norm(conv(x, layer), norm), end),
    }
}

/// The end of a convolution where no kernel has done it.
fn finish(y: Tensor<4>, end: ConvEnd) -> Tensor<4> {
    let ConvEnd { shortcut, relu } = end;
    match (shortcut, relu) {
        (Some(shortcut), true) => add_relu(y, shortcut),
        (Some(shortcut), false) => add(y, shortcut),
        (None, true) => activation::relu(y),
        (None, false) => y,
    }
}

fn record_conv(layer: &Conv2d, y: &Tensor<4>) {
    macs::record(|| {
        let [_, channels_per_group, kernel_height, kernel_width] = layer.weight.dims();
        y.shape().num_elements() * channels_per_group * kernel_height * kernel_width
    });
}

/// The transposed convolution of `x`.
pub fn conv_transpose(x: Tensor<4>, layer: &ConvTranspose2d) -> Tensor<4> {
    macs::record(|| {
        let [_, channels_per_group, kernel_height, kernel_width] = layer.weight.dims();
        x.shape().num_elements() * channels_per_group * kernel_height * kernel_width
    });
    kernels::conv_transpose(&x, layer).unwrap_or_else(|| layer.forward(x))
}

/// `x W + b`
pub fn linear<const D: usize>(x: Tensor<D>, layer: &Linear) -> Tensor<D> {
    macs::record(|| {
        let [_, out_features] = layer.weight.dims();
        x.shape().num_elements() * out_features
    });
    layer.forward(x)
}
