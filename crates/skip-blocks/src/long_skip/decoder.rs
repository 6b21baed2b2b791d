use burn::config::Config;
use burn::module::Module;
use burn::tensor::ops::InterpolateMode;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::layers::{
    Conv2d, ConvTranspose2d, ConvTranspose2dConfig, add, center_crop, concat, conv, conv_transpose,
    conv1x1, fit, interpolate, recompute,
};
use crate::{ConvPadding, DoubleConv, DoubleConvConfig, check};

/// How a decoder stage doubles the size of what comes from below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Upsampling {
    /// A transposed 2x2 convolution of stride 2, as in the original U-Net.
    Transposed,
    /// Each pixel repeated, then a 1x1 convolution to the skip's channels.
    Nearest,
    /// Bilinear interpolation, then a 1x1 convolution to the skip's channels.
    Bilinear,
}

/// How a decoder stage joins the skip and what comes from below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Merge {
    /// `[skip, up(x)]`, as in the original U-Net.
    Concat,
    /// `skip + up(x)`, as in LinkNet.
    Add,
    /// `up(x)`: the long skip is cut, for comparison.
    None,
}

/// Configures a [`DecoderStage`].
#[derive(Config, Debug)]
pub struct DecoderStageConfig {
    /// Channels that come from below.
    pub in_channels: usize,
    /// Channels of the skip, to which what comes from below is brought.
    pub skip_channels: usize,
    /// Channels that go out.
    pub out_channels: usize,
    /// How the size is doubled. Default: transposed.
    #[config(default = "Upsampling::Transposed")]
    pub upsampling: Upsampling,
    /// How the skip is joined. Default: concat.
    #[config(default = "Merge::Concat")]
    pub merge: Merge,
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

/// A stage of a U-Net's decoder: `y = double_conv(merge(skip, up(x)))`.
///
/// From "U-Net: Convolutional Networks for Biomedical Image Segmentation" (Ronneberger et al. 2015,
/// <https://arxiv.org/abs/1505.04597>), figure 1; by addition, from "LinkNet" (Chaurasia and
/// Culurciello 2017, <https://arxiv.org/abs/1707.03718>).
///
/// Sizes that do not meet are brought together: with same padding `up(x)` is cropped (or padded
/// with zeros) at its bottom and right edge to the skip's size; with valid padding the skip is
/// cropped to the middle part that `up(x)` covers.
///
/// # Shapes
/// `x`: `[batch, in_channels, height, width]`.
/// `skip`: `[batch, skip_channels, skip_height, skip_width]`.
/// Output: `[batch, out_channels, skip_height, skip_width]`; with valid padding
/// `[batch, out_channels, 2 * height - 4, 2 * width - 4]`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{DecoderStageConfig, Merge, Upsampling};
///
/// let device = Device::flex();
/// let stage = DecoderStageConfig::new(16, 8, 8)
///     .with_upsampling(Upsampling::Bilinear)
///     .with_merge(Merge::Add)
///     .init(&device);
/// let x = Tensor::ones([1, 16, 5, 3], &device);
/// let skip = Tensor::ones([1, 8, 9, 6], &device);
/// assert_eq!(stage.forward(x, skip).dims(), [1, 8, 9, 6]);
/// ```
#[derive(Module, Debug)]
pub struct DecoderStage {
    /// Doubles the size and brings the channels to the skip's.
    pub up: Up,
    /// The convolutions after the merge.
    pub conv: DoubleConv,
    /// How the skip is joined.
    #[module(skip)]
    pub merge: Merge,
    /// What the convolutions do at the edge, which decides which of both is cropped.
    #[module(skip)]
    pub padding: ConvPadding,
    /// Whether what the stage computes is computed again on the way back.
    pub recompute: bool,
}

/// Doubles a feature map's size and brings its channels to the skip's.
#[derive(Module, Debug)]
pub enum Up {
    /// See [`Upsampling::Transposed`].
    Transposed(ConvTranspose2d),
    /// See [`Upsampling::Nearest`].
    Nearest(Conv2d),
    /// See [`Upsampling::Bilinear`].
    Bilinear(Conv2d),
}

impl DecoderStageConfig {
    /// Makes the stage.
    ///
    /// # Panics
    /// Panics if a number of channels is zero.
    pub fn init(&self, device: &Device) -> DecoderStage {
        check::positive("in_channels", self.in_channels);
        check::positive("skip_channels", self.skip_channels);
        let merged_channels = match self.merge {
            Merge::Concat => 2 * self.skip_channels,
            Merge::Add | Merge::None => self.skip_channels,
        };
        DecoderStage {
            up: Up::new(self, device),
            conv: DoubleConvConfig::new(merged_channels, self.out_channels)
                .with_padding(self.padding)
                .with_norm(self.norm)
                .init(device),
            merge: self.merge,
            padding: self.padding,
            recompute: self.recompute,
        }
    }
}

impl Up {
    fn new(config: &DecoderStageConfig, device: &Device) -> Self {
        let channels = [config.in_channels, config.skip_channels];
        let [in_channels, out_channels] = channels;
        let mix = || {
            conv1x1(in_channels, out_channels)
                .with_bias(true)
                .init(device)
        };
        match config.upsampling {
            Upsampling::Transposed => Self::Transposed(
                ConvTranspose2dConfig::new(channels, [2, 2])
                    .with_stride([2, 2])
                    .init(device),
            ),
            Upsampling::Nearest => Self::Nearest(mix()),
            Upsampling::Bilinear => Self::Bilinear(mix()),
        }
    }

    /// `[batch, in_channels, height, width]` to `[batch, skip_channels, 2 * height, 2 * width]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let double = [2 * height, 2 * width];
        // A 1x1 convolution and an interpolation commute (the weights of an interpolation add up
        // to 1, so that the bias passes too): mixing channels first takes a quarter of the work.
        match self {
            Self::Transposed(layer) => conv_transpose(x, layer),
            Self::Nearest(mix) => interpolate(conv(x, mix), double, InterpolateMode::Nearest),
            Self::Bilinear(mix) => interpolate(conv(x, mix), double, InterpolateMode::Bilinear),
        }
    }
}

impl DecoderStage {
    /// Joins `x`, from below, with the skip. See [`DecoderStage`].
    ///
    /// # Panics
    /// With valid padding, panics if the skip is smaller than twice `x`.
    pub fn forward(&self, x: Tensor<4>, skip: Tensor<4>) -> Tensor<4> {
        match self.recompute {
            true => recompute(self, [x, skip], |stage, [x, skip]| stage.join(x, skip)),
            false => self.join(x, skip),
        }
    }

    fn join(&self, x: Tensor<4>, skip: Tensor<4>) -> Tensor<4> {
        let x = self.up.forward(x);
        let (x, skip) = self.meet(x, skip);
        let x = match self.merge {
            Merge::Concat => concat(skip, x),
            Merge::Add => add(skip, x),
            Merge::None => x,
        };
        self.conv.forward(x)
    }

    /// Crops or pads the larger or smaller to the other's size.
    fn meet(&self, x: Tensor<4>, skip: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let size = |map: &Tensor<4>| [map.dims()[2], map.dims()[3]];
        match self.padding {
            ConvPadding::Same => (fit(x, size(&skip)), skip),
            ConvPadding::Valid => {
                let skip = center_crop(skip, size(&x));
                (x, skip)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Distribution, TensorData};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::EncoderStageConfig;

    const MERGES: [Merge; 3] = [Merge::Concat, Merge::Add, Merge::None];
    const UPSAMPLINGS: [Upsampling; 3] = [
        Upsampling::Transposed,
        Upsampling::Nearest,
        Upsampling::Bilinear,
    ];

    #[test]
    fn every_merge_and_upsampling_gives_back_any_size() {
        let device = Device::flex();
        let encoder = EncoderStageConfig::new(1, 4).init(&device);
        for [height, width] in [[8, 8], [7, 8], [8, 7], [5, 9], [1, 1], [1, 6]] {
            for merge in MERGES {
                for upsampling in UPSAMPLINGS {
                    let x = Tensor::ones([2, 1, height, width], &device);
                    let (skip, down) = encoder.forward(x);
                    let decoder = DecoderStageConfig::new(4, 4, 3)
                        .with_merge(merge)
                        .with_upsampling(upsampling)
                        .init(&device);
                    let y = decoder.forward(down, skip);
                    assert_eq!(y.dims(), [2, 3, height, width], "{merge:?} {upsampling:?}");
                }
            }
        }
    }

    #[test]
    fn valid_convolutions_crop_the_skip() {
        let device = Device::flex();
        let stage = DecoderStageConfig::new(4, 2, 2)
            .with_padding(ConvPadding::Valid)
            .init(&device);
        let x = Tensor::ones([1, 4, 6, 5], &device);
        let skip = Tensor::ones([1, 2, 20, 17], &device);
        assert_eq!(stage.forward(x, skip).dims(), [1, 2, 8, 6]);
    }

    #[test]
    fn a_cut_skip_does_not_reach_the_output() {
        let device = Device::flex();
        let stage = DecoderStageConfig::new(4, 2, 2)
            .with_merge(Merge::None)
            .init(&device);
        let x = Tensor::<4>::ones([1, 4, 3, 3], &device);
        let with = |value: f64| {
            let skip = Tensor::full([1, 2, 6, 6], value, &device);
            stage.forward(x.clone(), skip).to_data()
        };
        assert_eq!(with(0.0), with(5.0));
    }

    #[test]
    fn mixing_channels_before_interpolating_is_the_same() {
        let device = Device::flex();
        let up = Up::new(
            &DecoderStageConfig::new(3, 2, 2).with_upsampling(Upsampling::Bilinear),
            &device,
        );
        let Up::Bilinear(mix) = &up else {
            unreachable!("made bilinear")
        };
        let mut generator = StdRng::seed_from_u64(1);
        let data =
            TensorData::random::<f32, _, _>([1, 3, 4, 5], Distribution::Default, &mut generator);
        let x = Tensor::<4>::from_data(data, &device);
        let after = conv(
            interpolate(x.clone(), [8, 10], InterpolateMode::Bilinear),
            mix,
        );
        let difference = (up.forward(x) - after).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-5, "{difference}");
    }

    #[test]
    #[should_panic(expected = "skip_channels = 0: must be at least 1")]
    fn a_skip_without_channels_is_refused() {
        DecoderStageConfig::new(4, 0, 2).init(&Device::flex());
    }
}
