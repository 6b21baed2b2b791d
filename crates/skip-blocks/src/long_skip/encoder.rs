use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::layers::{branch, max_pool, max_pool_ceil, recompute};
use crate::{ConvPadding, DoubleConv, DoubleConvConfig};

/// Configures an [`EncoderStage`].
#[derive(Config, Debug)]
pub struct EncoderStageConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels that go out, on the skip and down.
    pub out_channels: usize,
    /// What the convolutions do at the edge. Default: same.
    #[config(default = "ConvPadding::Same")]
    pub padding: ConvPadding,
    /// Whether batch normalisation follows each convolution. Default: true.
    #[config(default = true)]
    pub norm: bool,
    /// Whether what the stage computes is computed again on the way back, instead of being kept.
    /// See [`recompute`](crate::layers::recompute). Default: false.
    #[config(default = false)]
    pub recompute: bool,
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
    /// Whether what the stage computes is computed again on the way back.
    pub recompute: bool,
}

impl EncoderStageConfig {
    /// Makes the stage.
    ///
    /// # Panics
    /// Panics if a number of channels is zero.
    pub fn init(&self, device: &Device) -> EncoderStage {
        EncoderStage {
            conv: DoubleConvConfig::new(self.in_channels, self.out_channels)
                .with_padding(self.padding)
                .with_norm(self.norm)
                .init(device),
            padding: self.padding,
            recompute: self.recompute,
        }
    }
}

impl EncoderStage {
    /// `(skip, down)`. See [`EncoderStage`].
    pub fn forward(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let x = match self.recompute {
            true => recompute(&self.conv, [x], |conv, [x]| conv.forward(x)),
            false => self.conv.forward(x),
        };
        let [skip, x] = branch(x);
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
