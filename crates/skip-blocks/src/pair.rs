//! A convolution and its normalisation.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::layers::{
    Act, Conv2d, Conv2dConfig, End, Norm, NormKind, conv, conv_norm, norm as normalize,
};

/// `end(norm(conv(x)))`
///
/// # Shapes
/// `[batch, in_channels, height, width]` to what the convolution makes of it
#[derive(Module, Debug)]
pub struct ConvNorm {
    /// The convolution.
    pub conv: Conv2d,
    /// The normalisation after it.
    pub norm: Norm,
}

/// `conv(act(norm(x)))`
///
/// # Shapes
/// `[batch, in_channels, height, width]` to what the convolution makes of it
#[derive(Module, Debug)]
pub struct NormConv {
    /// The normalisation.
    pub norm: Norm,
    /// The convolution after it.
    pub conv: Conv2d,
}

impl ConvNorm {
    /// A convolution as `config` says, and a normalisation of its channels.
    pub fn new(config: Conv2dConfig, norm: NormKind, device: &Device) -> Self {
        let [_, out_channels] = config.channels;
        Self {
            conv: config.init(device),
            norm: norm.init(out_channels, device),
        }
    }

    /// `end(norm(conv(x)))`
    pub fn forward(&self, x: Tensor<4>, end: impl Into<End>) -> Tensor<4> {
        conv_norm(x, &self.conv, &self.norm, end)
    }
}

impl NormConv {
    /// `conv(act(norm(x)))`
    pub fn forward(&self, x: Tensor<4>, act: Act) -> Tensor<4> {
        conv(normalize(x, &self.norm, act), &self.conv, Act::None)
    }
}
