//! The short path of a residual block.

mod manipulated;

pub use manipulated::{DroppedIdentity, GatedIdentity, ScaledIdentity};

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::check::{self, ConfigError, ensure};
use crate::join::gate_layer;
use crate::layers::{
    Act, Conv2d, DropoutConfig, Norm, NormKind, avg_pool_ceil, avg_pool_same, conv_norm, conv1x1,
    subsample_pad,
};
use crate::seam::{self, Mark};

/// How a residual block carries its input past its layers.
///
/// The last five are those that "Identity Mappings in Deep Residual Networks" (He et al. 2016,
/// <https://arxiv.org/abs/1603.05027>), section 3.1, figure 2 and table 1, finds to hinder learning.
/// They are so in every block, where the shapes agree, too; where they do not, all but the convolution
/// take what option A makes of `x`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ShortcutKind {
    /// Identity where the shapes agree, else a 1x1 convolution with a normalisation: option B of
    /// He 2015.
    Projection,
    /// Identity where the shapes agree, else a mean of 2x2 windows in place of the stride, and a 1x1
    /// convolution with a normalisation, so that no pixel is passed over: ResNet-D of "Bag of Tricks
    /// for Image Classification with Convolutional Neural Networks" (He et al. 2018,
    /// <https://arxiv.org/abs/1812.01187>), figure 2(c).
    PooledProjection,
    /// The same, with a convolution only where the channels change: nnU-Net's (Isensee et al. 2021,
    /// <https://doi.org/10.1038/s41592-020-01008-z>).
    Pooled,
    /// Identity where the shapes agree, else subsampling and zeros for the new channels:
    /// option A of He 2015. It has no parameters.
    ZeroPad,
    /// No shortcut. The block is its *plain* twin: the same layers, nothing bypasses them.
    Plain,
    /// `a * x`, `a` this constant: figure 2(b) of He 2016. With
    /// [`ModifierConfig::Scaled`](crate::ModifierConfig::Scaled) the branch is scaled, too.
    Scaled(f64),
    /// `y = (1 - g) * x + g * F(x)` with `g = sigmoid(conv1x1(x))`, whose bias starts at this value:
    /// figure 2(c) of He 2016, as in Highway networks.
    ExclusiveGate(f64),
    /// `(1 - g) * x` with `g = sigmoid(conv1x1(x))`, whose bias starts at this value: figure 2(d) of
    /// He 2016.
    ShortcutGate(f64),
    /// A projection in every block: figure 2(e) of He 2016, option C of He 2015.
    Convolution,
    /// Each value of `x` is dropped in training with this probability: figure 2(f) of He 2016.
    Dropout(f64),
}

/// Configures a [`Shortcut`].
#[derive(Config, Debug, PartialEq)]
pub struct ShortcutConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels of the branch that the shortcut joins.
    pub out_channels: usize,
    /// Stride of that branch. Default: 1.
    #[config(default = 1)]
    pub stride: usize,
    /// Distance of the taps of the branch's stage. A pooled projection takes means in a dilated
    /// stage too, of windows one pixel apart. Default: 1.
    #[config(default = 1)]
    pub dilation: usize,
    /// How the input is carried. Default: projection.
    #[config(default = "ShortcutKind::Projection")]
    pub kind: ShortcutKind,
    /// How a projection is normalised. Pre-activation blocks do not. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
}

/// The short path: `x` itself, or `x` brought to the branch's shape where stride or channels
/// change, and only there.
///
/// From "Deep Residual Learning for Image Recognition" (He et al. 2015,
/// <https://arxiv.org/abs/1512.03385>), section 3.3.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, out_channels, ceil(height / stride), ceil(width / stride)]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{ShortcutConfig, ShortcutKind, parameter_count};
///
/// let device = Device::flex();
/// let shortcut = ShortcutConfig::new(1, 3)
///     .with_stride(2)
///     .with_kind(ShortcutKind::ZeroPad)
///     .init(&device)
///     .expect("only a plain block has no shortcut");
/// assert_eq!(parameter_count(&shortcut), 0);
///
/// let x = Tensor::<4>::from_data([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]], &device);
/// let expected = [[
///     [[0.0f32, 0.0], [0.0, 0.0]],
///     [[1.0, 3.0], [7.0, 9.0]],
///     [[0.0, 0.0], [0.0, 0.0]],
/// ]];
/// assert_eq!(shortcut.forward(x.clone()).to_data(), expected.into());
///
/// let halved = ShortcutConfig::new(1, 1).with_kind(ShortcutKind::Scaled(0.5));
/// let halved = halved.init(&device).expect("not plain");
/// assert_eq!(halved.forward(x.clone()).to_data(), (x * 0.5).to_data());
/// ```
#[derive(Module, Debug)]
pub enum Shortcut {
    /// `x`
    Identity(Mark),
    /// `bn(conv1x1(x))`
    Projection(Projection),
    /// `bn(conv1x1(mean2x2(x)))`
    PooledProjection(PooledProjection),
    /// `mean2x2(x)`
    Pooled(Mark),
    /// `x` subsampled, with channels of zeros around its own
    ZeroPad(ZeroPad),
    /// `a * x`
    Scaled(ScaledIdentity),
    /// `(1 - g(x)) * x`
    Gated(GatedIdentity),
    /// `dropout(x)`
    Dropped(DroppedIdentity),
}

/// What a short path brings to its end.
pub(crate) struct Carried {
    /// What is added.
    pub map: Tensor<4>,
    /// Of an exclusive gate, which weighs the branch against the map: it, before its sigmoid.
    pub gate: Option<Tensor<4>>,
}

/// `bn(conv1x1(x))`, or `conv1x1(x)` in pre-activation blocks: option B.
#[derive(Module, Debug)]
pub struct Projection {
    /// The strided 1x1 convolution.
    pub conv: Conv2d,
    /// Its normalisation, if any.
    pub bn: Norm,
}

/// `bn(conv1x1(mean2x2(x)))`, or without the normalisation in pre-activation blocks.
#[derive(Module, Debug)]
pub struct PooledProjection {
    /// The 1x1 convolution of the means, without stride.
    pub projection: Projection,
    /// Which means are taken.
    #[module(skip)]
    pub windows: Windows,
}

/// The windows of a pooled projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Windows {
    /// None: only the channels change.
    None,
    /// 2x2, two pixels apart.
    Apart,
    /// 2x2, one pixel apart, in a dilated stage.
    Overlapping,
}

/// Every `stride`-th pixel, with channels of zeros before and after: option A. The identity, where
/// there is nothing to change.
#[derive(Module, Debug)]
pub struct ZeroPad {
    /// Distance of the pixels that are kept.
    pub stride: usize,
    /// Channels of zeros before the input's.
    pub before: usize,
    /// Channels of zeros after the input's.
    pub after: usize,
    mark: Mark,
}

impl ShortcutKind {
    fn check(self) -> Result<(), ConfigError> {
        match self {
            Self::Scaled(factor) => check::finite("factor", factor),
            Self::ExclusiveGate(bias) | Self::ShortcutGate(bias) => check::finite("bias", bias),
            Self::Dropout(probability) => check::probability("drop_probability", probability),
            _ => Ok(()),
        }
    }

    /// Whether option A brings the input to another shape.
    fn pads(self) -> bool {
        matches!(
            self,
            Self::ZeroPad
                | Self::Scaled(_)
                | Self::ExclusiveGate(_)
                | Self::ShortcutGate(_)
                | Self::Dropout(_)
        )
    }
}

impl ShortcutConfig {
    /// Whether the shortcut can be made.
    ///
    /// # Errors
    /// If a size is zero, if option A would have to drop channels, or if a kind's number is not
    /// finite or no probability.
    pub fn check(&self) -> Result<(), ConfigError> {
        let Self {
            in_channels,
            out_channels,
            ..
        } = *self;
        check::positive("in_channels", in_channels)?;
        check::positive("out_channels", out_channels)?;
        check::positive("stride", self.stride)?;
        check::positive("dilation", self.dilation)?;
        self.norm.check(out_channels)?;
        ensure!(
            !self.pools() || self.stride <= 2,
            "stride = {}: must be at most 2 for a pooled shortcut",
            self.stride
        );
        ensure!(
            !self.kind.pads() || in_channels <= out_channels,
            "out_channels = {out_channels}: must be at least in_channels = {in_channels}, \
             since a zero-padded shortcut only adds channels"
        );
        self.kind.check()
    }

    /// Makes the shortcut, or `None` where the kind is [`ShortcutKind::Plain`].
    ///
    /// # Panics
    /// Panics where [`ShortcutConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> Option<Shortcut> {
        check::or_panic(self.check());
        let same_shape = self.stride == 1 && self.in_channels == self.out_channels;
        match self.kind {
            ShortcutKind::Plain => None,
            ShortcutKind::Scaled(factor) => Some(Shortcut::Scaled(ScaledIdentity {
                factor,
                zero_pad: self.zero_pad(),
            })),
            ShortcutKind::ExclusiveGate(bias) => Some(self.gated(bias, true, device)),
            ShortcutKind::ShortcutGate(bias) => Some(self.gated(bias, false, device)),
            ShortcutKind::Dropout(probability) => Some(Shortcut::Dropped(DroppedIdentity {
                dropout: DropoutConfig::new(probability).init(),
                zero_pad: self.zero_pad(),
            })),
            ShortcutKind::Convolution => {
                Some(Shortcut::Projection(self.projection(self.stride, device)))
            }
            _ if same_shape => Some(Shortcut::Identity(Mark::new())),
            ShortcutKind::Projection => {
                Some(Shortcut::Projection(self.projection(self.stride, device)))
            }
            ShortcutKind::Pooled if self.in_channels == self.out_channels => {
                Some(Shortcut::Pooled(Mark::new()))
            }
            ShortcutKind::PooledProjection | ShortcutKind::Pooled => {
                Some(Shortcut::PooledProjection(self.pooled(device)))
            }
            ShortcutKind::ZeroPad => Some(Shortcut::ZeroPad(self.zero_pad())),
        }
    }

    fn pools(&self) -> bool {
        matches!(
            self.kind,
            ShortcutKind::PooledProjection | ShortcutKind::Pooled
        )
    }

    fn projection(&self, stride: usize, device: &Device) -> Projection {
        Projection {
            conv: conv1x1(self.in_channels, self.out_channels)
                .with_stride([stride; 2])
                .init(device),
            bn: self.norm.init(self.out_channels, device),
        }
    }

    fn pooled(&self, device: &Device) -> PooledProjection {
        PooledProjection {
            projection: self.projection(1, device),
            windows: match (self.stride, self.dilation) {
                (2, _) => Windows::Apart,
                (_, 1) => Windows::None,
                _ => Windows::Overlapping,
            },
        }
    }

    fn gated(&self, bias: f64, is_exclusive: bool, device: &Device) -> Shortcut {
        Shortcut::Gated(GatedIdentity {
            gate: gate_layer(self.out_channels, 1, bias, device),
            is_exclusive,
            zero_pad: self.zero_pad(),
        })
    }

    fn zero_pad(&self) -> ZeroPad {
        let missing = self.out_channels - self.in_channels;
        ZeroPad {
            stride: self.stride,
            before: missing / 2,
            after: missing - missing / 2,
            mark: Mark::new(),
        }
    }
}

impl Shortcut {
    /// Carries `x` to the branch's shape.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = match self {
            Self::Identity(_) => x,
            Self::Projection(projection) => projection.forward(x),
            Self::PooledProjection(pooled) => pooled.forward(x),
            Self::Pooled(_) => avg_pool_ceil(x),
            Self::ZeroPad(zero_pad) => zero_pad.forward(x),
            Self::Scaled(scaled) => scaled.forward(x),
            Self::Gated(gated) => gated.forward(x),
            Self::Dropped(dropped) => dropped.forward(x),
        };
        seam::output(self, x)
    }

    /// [`Shortcut::forward`] to where a branch is joined, which an exclusive gate weighs, too.
    pub(crate) fn carry(&self, x: Tensor<4>) -> Carried {
        match self {
            Self::Gated(gated) if gated.is_exclusive => {
                let (map, gate) = gated.before_gate(x);
                Carried {
                    map: seam::output(self, map),
                    gate: Some(gate),
                }
            }
            _ => Carried {
                map: self.forward(x),
                gate: None,
            },
        }
    }

    /// Whether the shortcut hands on its input as it is.
    pub fn is_identity(&self) -> bool {
        matches!(self, Self::Identity(_))
    }
}

impl Projection {
    /// `bn(conv1x1(x))`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        conv_norm(x, &self.conv, &self.bn, Act::None)
    }
}

impl PooledProjection {
    /// `bn(conv1x1(mean2x2(x)))`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.projection.forward(match self.windows {
            Windows::None => x,
            Windows::Apart => avg_pool_ceil(x),
            Windows::Overlapping => avg_pool_same(x),
        })
    }
}

impl ZeroPad {
    /// Subsamples and pads the channels with zeros.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        if [self.stride, self.before, self.after] == [1, 0, 0] {
            return x;
        }
        subsample_pad(x, self.stride, [self.before, self.after])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter_count;

    #[test]
    fn shortcut_is_identity_exactly_where_the_shape_is_kept() {
        let device = Device::flex();
        let is_identity = |out_channels, stride| {
            ShortcutConfig::new(4, out_channels)
                .with_stride(stride)
                .init(&device)
                .is_some_and(|shortcut| shortcut.is_identity())
        };
        assert!(is_identity(4, 1));
        assert!(!is_identity(4, 2), "the stride changes the shape too");
        assert!(!is_identity(8, 1));
    }

    #[test]
    fn option_a_has_no_parameters_and_option_b_has() {
        let device = Device::flex();
        let parameters = |kind| {
            let config = ShortcutConfig::new(4, 8).with_stride(2).with_kind(kind);
            config
                .init(&device)
                .map(|shortcut| parameter_count(&shortcut))
        };
        assert_eq!(parameters(ShortcutKind::ZeroPad), Some(0));
        // 4 * 8 weights, and the normalisation's scale and shift.
        assert_eq!(parameters(ShortcutKind::Projection), Some(4 * 8 + 2 * 8));
        assert_eq!(parameters(ShortcutKind::Plain), None);
    }

    #[test]
    fn all_options_halve_an_odd_size_alike() {
        let device = Device::flex();
        for kind in [
            ShortcutKind::ZeroPad,
            ShortcutKind::Projection,
            ShortcutKind::PooledProjection,
            ShortcutKind::Pooled,
        ] {
            let config = ShortcutConfig::new(2, 4).with_stride(2).with_kind(kind);
            let shortcut = config.init(&device).expect("not plain");
            let y = shortcut.forward(Tensor::ones([1, 2, 7, 5], &device));
            assert_eq!(y.dims(), [1, 4, 4, 3], "{kind:?}");
        }
    }

    #[test]
    fn a_pooled_shortcut_of_the_same_channels_learns_nothing() {
        let device = Device::flex();
        let pooled = ShortcutConfig::new(1, 1)
            .with_stride(2)
            .with_kind(ShortcutKind::Pooled)
            .init(&device)
            .expect("not plain");
        assert_eq!(parameter_count(&pooled), 0);
        let x = Tensor::<4>::from_data([[[[1.0, 3.0], [5.0, 7.0]]]], &device);
        assert_eq!(pooled.forward(x).to_data(), [[[[4.0f32]]]].into());
    }

    #[test]
    #[should_panic(expected = "out_channels = 4: must be at least in_channels = 8")]
    fn option_a_refuses_to_drop_channels() {
        let config = ShortcutConfig::new(8, 4).with_kind(ShortcutKind::ZeroPad);
        config.init(&Device::flex());
    }

    #[test]
    #[should_panic(expected = "stride = 0: must be at least 1")]
    fn zero_stride_is_refused() {
        ShortcutConfig::new(8, 8)
            .with_stride(0)
            .init(&Device::flex());
    }
}
