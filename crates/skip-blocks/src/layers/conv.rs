//! Convolutions, alone and in the runs that blocks are made of.

use burn::nn::{Initializer, PaddingConfig2d};
use burn::tensor::{Tensor, activation::relu};

use super::{BatchNorm, Conv2d, Conv2dConfig, ConvTranspose2d, Linear, add, add_relu, macs};

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
    let y = layer.forward(x);
    macs::record(|| {
        let [_, channels_per_group, kernel_height, kernel_width] = layer.weight.dims();
        y.shape().num_elements() * channels_per_group * kernel_height * kernel_width
    });
    y
}

/// `relu(conv(x))`
pub fn conv_relu(x: Tensor<4>, layer: &Conv2d) -> Tensor<4> {
    relu(conv(x, layer))
}

/// `bn(conv(x))`
pub fn conv_bn(x: Tensor<4>, layer: &Conv2d, norm: &BatchNorm) -> Tensor<4> {
    norm.forward(conv(x, layer))
}

/// `relu(bn(conv(x)))`
pub fn conv_bn_relu(x: Tensor<4>, layer: &Conv2d, norm: &BatchNorm) -> Tensor<4> {
    relu(conv_bn(x, layer, norm))
}

/// `relu(bn(conv(x)) + shortcut)`
pub fn conv_bn_add_relu(
    x: Tensor<4>,
    layer: &Conv2d,
    norm: &BatchNorm,
    shortcut: Tensor<4>,
) -> Tensor<4> {
    add_relu(conv_bn(x, layer, norm), shortcut)
}

/// `conv(x) + shortcut`
pub fn conv_add(x: Tensor<4>, layer: &Conv2d, shortcut: Tensor<4>) -> Tensor<4> {
    add(conv(x, layer), shortcut)
}

/// `relu(bn(x))`
pub fn bn_relu(x: Tensor<4>, norm: &BatchNorm) -> Tensor<4> {
    relu(norm.forward(x))
}

/// The transposed convolution of `x`.
pub fn conv_transpose(x: Tensor<4>, layer: &ConvTranspose2d) -> Tensor<4> {
    macs::record(|| {
        let [_, channels_per_group, kernel_height, kernel_width] = layer.weight.dims();
        x.shape().num_elements() * channels_per_group * kernel_height * kernel_width
    });
    layer.forward(x)
}

/// `x W + b`
pub fn linear<const D: usize>(x: Tensor<D>, layer: &Linear) -> Tensor<D> {
    macs::record(|| {
        let [_, out_features] = layer.weight.dims();
        x.shape().num_elements() * out_features
    });
    layer.forward(x)
}
