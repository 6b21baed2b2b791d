use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::double_conv::{ConvPadding, DoubleConv, DoubleConvConfig};
use super::up::{Up, Upsampling};
use crate::check::{self, ConfigError};
use crate::join::{Join, JoinKind};
use crate::layers::{Act, NormKind, center_crop, fit};
use crate::modifiers::{self, Modifier, ModifierConfig};

/// Configures a [`DecoderStage`].
#[derive(Config, Debug, PartialEq)]
pub struct DecoderStageConfig {
    /// Channels that come from below.
    pub in_channels: usize,
    /// Channels of the skip; 0 where there is none.
    pub skip_channels: usize,
    /// Channels that go out.
    pub out_channels: usize,
    /// How the size is doubled. Default: transposed.
    #[config(default = "Upsampling::Transposed")]
    pub upsampling: Upsampling,
    /// Channels to which the upsampled map is brought. Default: those of the skip, or those that go
    /// out where there is none.
    #[config(default = "None")]
    pub up_channels: Option<usize>,
    /// How the skip is joined. Default: concat.
    #[config(default = "JoinKind::Concat")]
    pub join: JoinKind,
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
    /// Applied to the joined maps, where there is a skip, and again after the convolutions. Default:
    /// none.
    #[config(default = "vec![]")]
    pub modifiers: Vec<ModifierConfig>,
}

/// A stage of a U-Net's decoder: `y = M(double_conv(M(join(skips, up(x)))))`, with modifiers `M` if
/// there are any.
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
/// use skip_blocks::{DecoderStageConfig, JoinKind, Upsampling};
///
/// let device = Device::flex();
/// let stage = DecoderStageConfig::new(16, 8, 8)
///     .with_upsampling(Upsampling::Bilinear)
///     .with_join(JoinKind::Add)
///     .init(&device);
/// let x = Tensor::ones([1, 16, 5, 3], &device);
/// let skip = Tensor::ones([1, 8, 9, 6], &device);
/// assert_eq!(stage.forward(x, Some(skip), [9, 6]).dims(), [1, 8, 9, 6]);
/// ```
#[derive(Module, Debug)]
pub struct DecoderStage {
    /// Doubles the size and brings the channels to the skip's.
    pub up: Up,
    /// Joins the skip.
    pub join: Join,
    /// What is applied to the joined maps.
    pub joined: Vec<Modifier>,
    /// The convolutions after it.
    pub conv: DoubleConv,
    /// What is applied to what they give.
    pub convolved: Vec<Modifier>,
    /// What the convolutions do at the edge, which decides which of both maps is cropped.
    #[module(skip)]
    pub padding: ConvPadding,
}

impl DecoderStageConfig {
    /// Whether the stage can be made.
    ///
    /// # Errors
    /// If a number of channels is zero, if an upsampling that keeps the channels does not fit them,
    /// if maps of different channels are to be added, or if the convolutions cannot be made.
    pub fn check(&self) -> Result<(), ConfigError> {
        let (up, skip) = (self.up_channels(), self.skip_channels);
        check::positive("in_channels", self.in_channels)?;
        self.upsampling.check(self.in_channels, up)?;
        if matches!(self.join_kind(), JoinKind::Add | JoinKind::Gate) {
            check::ensure!(
                up == skip,
                "up_channels = {up}: must be skip_channels = {skip}, since a {:?} join needs maps \
                 of one shape",
                self.join
            );
        }
        self.conv().check()?;
        modifiers::check_all(&self.modifiers, self.joined_channels())?;
        modifiers::check_all(&self.modifiers, self.out_channels)
    }

    /// Makes the stage.
    ///
    /// # Panics
    /// Panics where [`DecoderStageConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> DecoderStage {
        check::or_panic(self.check());
        let (up, skip) = (self.up_channels(), self.skip_channels);
        DecoderStage {
            up: self.upsampling.init(self.in_channels, up, device),
            join: self.join_kind().init(skip, up, device),
            joined: modifiers::init_all(&self.modifiers, self.joined_channels(), device),
            conv: self.conv().init(device),
            convolved: modifiers::init_all(&self.modifiers, self.out_channels, device),
            padding: self.padding,
        }
    }

    fn up_channels(&self) -> usize {
        let own = match self.skip_channels {
            0 => self.out_channels,
            skip => skip,
        };
        let own = match self.upsampling.mixes() {
            true => own,
            false => self.in_channels,
        };
        self.up_channels.unwrap_or(own)
    }

    /// Without a skip there is nothing to join.
    fn join_kind(&self) -> JoinKind {
        match self.skip_channels {
            0 => JoinKind::None,
            _ => self.join,
        }
    }

    fn joined_channels(&self) -> usize {
        self.join_kind()
            .out_channels(self.skip_channels, self.up_channels())
    }

    fn conv(&self) -> DoubleConvConfig {
        DoubleConvConfig::new(self.joined_channels(), self.out_channels)
            .with_padding(self.padding)
            .with_norm(self.norm)
            .with_bias(self.bias)
            .with_act(self.act)
    }
}

impl DecoderStage {
    /// Joins `x`, from below, with the skips: one, none, or several. With same padding the output
    /// has `size` (height, width), which is the skips'. See [`DecoderStage`].
    ///
    /// # Panics
    /// With valid padding, panics if a skip is smaller than twice `x`.
    pub fn forward(
        &self,
        x: Tensor<4>,
        skips: impl IntoIterator<Item = Tensor<4>>,
        size: [usize; 2],
    ) -> Tensor<4> {
        let x = self.up.forward(x, size);
        // Either may be larger: an odd size was rounded up on the way down, or convolutions took
        // the skip's border off.
        let [_, _, height, width] = x.dims();
        let skips = skips.into_iter();
        let (x, skips): (_, Vec<_>) = match self.padding {
            ConvPadding::Same => (fit(x, size), skips.collect()),
            ConvPadding::Valid => {
                let cropped = skips.map(|skip| center_crop(skip, [height, width]));
                (x, cropped.collect())
            }
        };
        let x = match skips.is_empty() {
            true => x,
            false => modifiers::forward_all(&self.joined, self.join.forward(skips, x)),
        };
        modifiers::forward_all(&self.convolved, self.conv.forward(x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::long_skip::EncoderStageConfig;

    const JOINS: [JoinKind; 7] = [
        JoinKind::Concat,
        JoinKind::Append,
        JoinKind::Attention,
        JoinKind::AttentionConcat,
        JoinKind::Add,
        JoinKind::Gate,
        JoinKind::None,
    ];

    #[test]
    fn every_join_and_upsampling_gives_back_any_size() {
        let device = Device::flex();
        let encoder = EncoderStageConfig::new(1, 4).init(&device);
        for [height, width] in [[8, 8], [7, 8], [8, 7], [5, 9], [1, 1], [1, 6]] {
            for join in JOINS {
                for upsampling in Upsampling::ALL {
                    let x = Tensor::ones([2, 1, height, width], &device);
                    let (skip, down) = encoder.forward(x);
                    let decoder = DecoderStageConfig::new(4, 4, 3)
                        .with_join(join)
                        .with_upsampling(upsampling)
                        .init(&device);
                    let y = decoder.forward(down, Some(skip), [height, width]);
                    assert_eq!(y.dims(), [2, 3, height, width], "{join:?} {upsampling:?}");
                }
            }
        }
    }

    #[test]
    fn a_stage_without_a_skip_gives_the_size_that_is_asked_for() {
        let device = Device::flex();
        for upsampling in Upsampling::ALL {
            let stage = DecoderStageConfig::new(4, 0, 2)
                .with_upsampling(upsampling)
                .init(&device);
            let y = stage.forward(Tensor::ones([1, 4, 3, 4], &device), None, [5, 8]);
            assert_eq!(y.dims(), [1, 2, 5, 8]);
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
        let y = stage.forward(x, Some(skip), [20, 17]);
        assert_eq!(y.dims(), [1, 2, 8, 6]);
    }

    #[test]
    fn a_cut_skip_does_not_reach_the_output() {
        let device = Device::flex();
        let stage = DecoderStageConfig::new(4, 2, 2)
            .with_join(JoinKind::None)
            .init(&device);
        let x = Tensor::<4>::ones([1, 4, 3, 3], &device);
        let with = |value: f64| {
            let skip = Tensor::full([1, 2, 6, 6], value, &device);
            stage.forward(x.clone(), Some(skip), [6, 6]).to_data()
        };
        assert_eq!(with(0.0), with(5.0));
    }

    #[test]
    #[should_panic(expected = "up_channels = 8: must be skip_channels = 4, since a Add join")]
    fn maps_of_different_channels_are_not_added() {
        DecoderStageConfig::new(8, 4, 2)
            .with_join(JoinKind::Add)
            .with_up_channels(Some(8))
            .init(&Device::flex());
    }
}
