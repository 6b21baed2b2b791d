//! What may be put on a residual branch before it joins the shortcut.

mod efficient_channel_attention;
mod layer_scale;
mod scaled;
mod shake_drop;
mod skip_init;
mod spatial_channel;
mod squeeze_excitation;
mod stochastic_depth;

pub use efficient_channel_attention::EfficientChannelAttention;
pub use layer_scale::LayerScale;
pub use scaled::Scaled;
pub use shake_drop::ShakeDrop;
pub use skip_init::SkipInit;
pub use spatial_channel::SpatialChannelExcitation;
pub use squeeze_excitation::SqueezeExcitation;
pub use stochastic_depth::StochasticDepth;

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use serde::{Deserialize, Serialize};

use crate::check::{self, ConfigError};
use crate::rank::{as_map, from_map};

/// Configures a [`Modifier`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModifierConfig {
    /// See [`StochasticDepth`].
    StochasticDepth {
        /// Probability in `[0, 1)` that a sample skips the branch.
        drop_probability: f64,
    },
    /// See [`ShakeDrop`].
    ShakeDrop {
        /// Probability in `[0, 1)` that a sample's branch is shaken.
        drop_probability: f64,
    },
    /// See [`LayerScale`].
    LayerScale {
        /// Value that every channel's scale starts at.
        initial: f64,
    },
    /// See [`SkipInit`].
    SkipInit,
    /// See [`Scaled`].
    Scaled {
        /// What the branch is multiplied with.
        factor: f64,
    },
    /// See [`SqueezeExcitation`].
    SqueezeExcitation {
        /// How many times fewer channels its hidden layer has, rounded to a multiple of 8.
        reduction: usize,
    },
    /// See [`EfficientChannelAttention`].
    EfficientChannelAttention,
    /// See [`SpatialChannelExcitation`].
    SpatialChannelExcitation {
        /// How many times fewer channels its hidden layer has.
        reduction: usize,
    },
}

/// A change to a residual branch: `y = x + M(F(x))`.
///
/// Blocks take a list of them and apply it in order.
///
/// # Shapes
/// `[batch, channels, ..]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{BasicBlockConfig, ModifierConfig};
///
/// let device = Device::flex();
/// let block = BasicBlockConfig::new(8, 8)
///     .with_modifiers(vec![
///         ModifierConfig::SqueezeExcitation { reduction: 4 },
///         ModifierConfig::SkipInit,
///     ])
///     .init(&device);
/// // SkipInit's scalar starts at 0: at first the block only passes on (the ReLU of) its input.
/// let x = Tensor::<4>::ones([1, 8, 4, 4], &device);
/// assert_eq!(block.forward(x.clone()).to_data(), x.to_data());
/// ```
#[derive(Module, Debug)]
pub enum Modifier {
    /// See [`StochasticDepth`].
    StochasticDepth(StochasticDepth),
    /// See [`ShakeDrop`].
    ShakeDrop(ShakeDrop),
    /// See [`LayerScale`].
    LayerScale(LayerScale),
    /// See [`SkipInit`].
    SkipInit(SkipInit),
    /// See [`Scaled`].
    Scaled(Scaled),
    /// See [`SqueezeExcitation`].
    SqueezeExcitation(SqueezeExcitation),
    /// See [`EfficientChannelAttention`].
    EfficientChannelAttention(EfficientChannelAttention),
    /// See [`SpatialChannelExcitation`].
    SpatialChannelExcitation(SpatialChannelExcitation),
}

impl ModifierConfig {
    /// Whether the modifier of a branch with so many channels can be made.
    ///
    /// # Errors
    /// If a probability is outside `[0, 1)`, a factor is not finite, or the reduction is zero or
    /// larger than the number of channels.
    pub fn check(&self, channels: usize) -> Result<(), ConfigError> {
        match *self {
            Self::StochasticDepth { drop_probability } | Self::ShakeDrop { drop_probability } => {
                check::probability("drop_probability", drop_probability)
            }
            Self::SqueezeExcitation { reduction } => SqueezeExcitation::check(channels, reduction),
            Self::Scaled { factor } => check::finite("factor", factor),
            Self::LayerScale { .. } | Self::SkipInit | Self::EfficientChannelAttention => Ok(()),
            Self::SpatialChannelExcitation { reduction } => check::positive("reduction", reduction),
        }
    }

    /// Makes the modifier of a branch with so many channels.
    ///
    /// # Panics
    /// Panics where [`ModifierConfig::check`] gives an error.
    pub fn init(&self, channels: usize, device: &Device) -> Modifier {
        check::or_panic(self.check(channels));
        match *self {
            Self::StochasticDepth { drop_probability } => {
                Modifier::StochasticDepth(StochasticDepth::new(drop_probability))
            }
            Self::ShakeDrop { drop_probability } => {
                Modifier::ShakeDrop(ShakeDrop::new(drop_probability))
            }
            Self::LayerScale { initial } => {
                Modifier::LayerScale(LayerScale::new(channels, initial, device))
            }
            Self::SkipInit => Modifier::SkipInit(SkipInit::new(device)),
            Self::Scaled { factor } => Modifier::Scaled(Scaled { factor }),
            Self::SqueezeExcitation { reduction } => {
                Modifier::SqueezeExcitation(SqueezeExcitation::rounded(channels, reduction, device))
            }
            Self::EfficientChannelAttention => Modifier::EfficientChannelAttention(
                EfficientChannelAttention::new(channels, device),
            ),
            Self::SpatialChannelExcitation { reduction } => {
                let excitation = SpatialChannelExcitation::new(channels, reduction, device);
                Modifier::SpatialChannelExcitation(excitation)
            }
        }
    }
}

impl Modifier {
    /// Applies the modifier to the output of a branch.
    pub fn forward<const D: usize>(&self, branch: Tensor<D>) -> Tensor<D> {
        match self {
            Self::StochasticDepth(modifier) => modifier.forward(branch),
            Self::ShakeDrop(modifier) => modifier.forward(branch),
            Self::LayerScale(modifier) => modifier.forward(branch),
            Self::SkipInit(modifier) => modifier.forward(branch),
            Self::Scaled(modifier) => modifier.forward(branch),
            Self::SqueezeExcitation(modifier) => modifier.forward(branch),
            Self::EfficientChannelAttention(modifier) => modifier.forward(branch),
            Self::SpatialChannelExcitation(modifier) => from_map(modifier.forward(as_map(branch))),
        }
    }
}

/// Whether each modifier of a branch with so many channels can be made.
pub(crate) fn check_all(configs: &[ModifierConfig], channels: usize) -> Result<(), ConfigError> {
    configs.iter().try_for_each(|config| config.check(channels))
}

/// Makes each modifier of a branch with so many channels.
pub(crate) fn init_all(
    configs: &[ModifierConfig],
    channels: usize,
    device: &Device,
) -> Vec<Modifier> {
    configs
        .iter()
        .map(|config| config.init(channels, device))
        .collect()
}

/// Applies each modifier in order.
pub(crate) fn forward_all<const D: usize>(modifiers: &[Modifier], branch: Tensor<D>) -> Tensor<D> {
    modifiers
        .iter()
        .fold(branch, |branch, modifier| modifier.forward(branch))
}
