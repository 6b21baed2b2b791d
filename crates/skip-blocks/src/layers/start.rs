//! Layers whose weights start otherwise than those of residual networks.

use burn::module::Param;
use burn::nn::Initializer;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor};

/// A convolution whose weights are drawn from a normal distribution of this deviation, and whose
/// biases are 0.
///
/// ConvNeXt and its like cut the distribution off at 2: at a deviation of 0.02 that is nowhere.
pub fn normal_conv(config: Conv2dConfig, deviation: f64, device: &Device) -> Conv2d {
    let normal = Initializer::Normal {
        mean: 0.0,
        std: deviation,
    };
    let mut layer = config.with_initializer(normal).init(device);
    layer.bias = layer.bias.map(zeros_like);
    layer
}

fn zeros_like(bias: Param<Tensor<1>>) -> Param<Tensor<1>> {
    let device = bias.device();
    Param::from_tensor(Tensor::zeros(bias.dims(), &device))
}
