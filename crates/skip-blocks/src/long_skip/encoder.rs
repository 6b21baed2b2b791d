use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::double_conv::{ConvPadding, DoubleConv, DoubleConvConfig};
use crate::check::{self, ConfigError};
use crate::layers::{Act, NormKind, max_pool, max_pool_ceil, split};
use crate::seam::part;

/// Configures an [`EncoderStage`].
#[derive(Config, Debug, PartialEq)]
pub struct EncoderStageConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels that go out, on the skip and down.
    pub out_channels: usize,
    /// What the convolutions do at the edge. Default: same.
    #[config(default = "ConvPadding::Same")]
    pub padding: ConvPadding,
    /// What normalises after each convolution. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// Whether the convolutions have biases although they are normalised. Default: not.
    #[config(default = false)]
    pub bias: bool,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
}

/// A stage of a U-Net's encoder: `skip = double_conv(x)`, `down = max_pool2x2(skip)`.
///
/// From "U-Net: Convolutional Networks for Biomedical Image Segmentation" (Ronneberger et al. 2015,
/// <https://arxiv.org/abs/1505.04597>), figure 1.
///
/// # Shapes
/// `x`: `[batch, in_channels, height, width]`.
/// `skip`: `[batch, out_channels, height, width]`, height and width less 4 with valid padding.
/// `down`: half the skip's height and width, rounded up, so that any size can go down any number
/// of times; with valid padding rounded down, where the decoder crops the skip.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::EncoderStageConfig;
///
/// let device = Device::flex();
/// let stage = EncoderStageConfig::new(1, 8).init(&device);
/// let (skip, down) = stage.forward(Tensor::ones([1, 1, 9, 6], &device));
/// assert_eq!(skip.dims(), [1, 8, 9, 6]);
/// assert_eq!(down.dims(), [1, 8, 5, 3]);
/// ```
#[derive(Module, Debug)]
pub struct EncoderStage {
    /// The convolutions.
    pub conv: DoubleConv,
    /// What the convolutions do at the edge, which decides how the pooling rounds.
    #[module(skip)]
    pub padding: ConvPadding,
}

impl EncoderStageConfig {
    /// Whether the stage can be made.
    ///
    /// # Errors
    /// If its convolutions cannot be made.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.conv().check()
    }

    /// Makes the stage.
    ///
    /// # Panics
    /// Panics where [`EncoderStageConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> EncoderStage {
        check::or_panic(self.check());
        EncoderStage {
            conv: self.conv().init(device),
            padding: self.padding,
        }
    }

    fn conv(&self) -> DoubleConvConfig {
        DoubleConvConfig::new(self.in_channels, self.out_channels)
            .with_padding(self.padding)
            .with_norm(self.norm)
            .with_bias(self.bias)
            .with_act(self.act)
    }
}

impl EncoderStage {
    /// `(skip, down)`. See [`EncoderStage`].
    pub fn forward(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let x = part(&self.conv, [x], |conv, [x]| conv.forward(x));
        let [skip, x] = split(x);
        let down = match self.padding {
            ConvPadding::Same => max_pool_ceil(x),
            ConvPadding::Valid => max_pool(x, 2, 2, 0),
        };
        (skip, down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_pixel_can_go_down() {
        let device = Device::flex();
        let stage = EncoderStageConfig::new(1, 2).init(&device);
        let (_, down) = stage.forward(Tensor::ones([1, 1, 1, 1], &device));
        assert_eq!(down.dims(), [1, 2, 1, 1]);
    }

    #[test]
    fn the_pooled_edge_of_an_odd_size_holds_what_lies_inside() {
        let x = Tensor::<4>::from_data([[[[-1.0, -2.0, -3.0]]]], &Device::flex());
        assert_eq!(
            max_pool_ceil(x).to_data(),
            [[[[-1.0f32, -3.0]]]].into(),
            "nothing from outside, not even zeros, may win"
        );
    }
}
