//! Runs of layers that several decoders are made of.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{
    Act, Conv2d, Conv2dConfig, Norm, NormKind, conv, conv_norm, conv1x1, dilated_conv3x3,
};

/// `relu(norm(conv(x)))`
#[derive(Module, Debug)]
pub struct ConvNorm {
    /// The convolution.
    pub conv: Conv2d,
    /// Its normalisation.
    pub norm: Norm,
}

impl ConvNorm {
    pub(super) fn new(conv: Conv2dConfig, norm: NormKind, device: &Device) -> Self {
        let [_, channels] = conv.channels;
        Self {
            conv: conv.with_bias(norm.wants_bias()).init(device),
            norm: norm.init(channels, device),
        }
    }

    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        conv_norm(x, &self.conv, &self.norm, Act::Relu)
    }
}

/// `relu(bn(pointwise(depthwise(x))))`: a 3x3 convolution of each channel, and one of each pixel.
#[derive(Module, Debug)]
pub struct SeparableConv {
    /// Of each channel alone.
    pub depthwise: Conv2d,
    /// Of each pixel alone.
    pub pointwise: Conv2d,
    /// Its normalisation.
    pub norm: Norm,
}

impl SeparableConv {
    pub(super) fn new(
        [in_channels, out_channels]: [usize; 2],
        dilation: usize,
        device: &Device,
    ) -> Self {
        Self {
            depthwise: dilated_conv3x3(in_channels, in_channels, dilation)
                .with_groups(in_channels)
                .init(device),
            pointwise: conv1x1(in_channels, out_channels).init(device),
            norm: NormKind::Batch.init(out_channels, device),
        }
    }

    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = conv(x, &self.depthwise, Act::None);
        conv_norm(x, &self.pointwise, &self.norm, Act::Relu)
    }
}
