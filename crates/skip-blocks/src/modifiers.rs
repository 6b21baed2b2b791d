//! What may be put on a residual branch before it joins the shortcut.

mod layer_scale;
mod skip_init;
mod squeeze_excitation;
mod stochastic_depth;

pub use layer_scale::LayerScale;
pub use skip_init::SkipInit;
pub use squeeze_excitation::SqueezeExcitation;
pub use stochastic_depth::StochasticDepth;

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// Configures a [`Modifier`].
#[derive(Config, Debug)]
pub enum ModifierConfig {
    /// See [`StochasticDepth`].
    StochasticDepth {
        /// Probability in `[0, 1)` that a sample skips the branch.
        drop_probability: f64,
    },
    /// See [`LayerScale`].
    LayerScale {
        /// Value that every channel's scale starts at.
        initial: f64,
    },
    /// See [`SkipInit`].
    SkipInit,
    /// See [`SqueezeExcitation`].
    SqueezeExcitation {
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
    /// See [`LayerScale`].
    LayerScale(LayerScale),
    /// See [`SkipInit`].
    SkipInit(SkipInit),
    /// See [`SqueezeExcitation`].
    SqueezeExcitation(SqueezeExcitation),
}

impl ModifierConfig {
    /// Makes the modifier of a branch with so many channels.
    ///
    /// # Panics
    /// Panics if a probability is outside `[0, 1)`, or the reduction is zero or larger than the
    /// number of channels.
    pub fn init(&self, channels: usize, device: &Device) -> Modifier {
        match *self {
            Self::StochasticDepth { drop_probability } => {
                Modifier::StochasticDepth(StochasticDepth::new(drop_probability))
            }
            Self::LayerScale { initial } => {
                Modifier::LayerScale(LayerScale::new(channels, initial, device))
            }
            Self::SkipInit => Modifier::SkipInit(SkipInit::new(device)),
            Self::SqueezeExcitation { reduction } => {
                Modifier::SqueezeExcitation(SqueezeExcitation::new(channels, reduction, device))
            }
        }
    }
}

impl Modifier {
    /// Applies the modifier to the output of a branch.
    pub fn forward<const D: usize>(&self, branch: Tensor<D>) -> Tensor<D> {
        match self {
            Self::StochasticDepth(modifier) => modifier.forward(branch),
            Self::LayerScale(modifier) => modifier.forward(branch),
            Self::SkipInit(modifier) => modifier.forward(branch),
            Self::SqueezeExcitation(modifier) => modifier.forward(branch),
        }
    }
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

/// The shape that gives each channel of a `D`-dimensional tensor one value: `[1, channels, 1, ..]`.
fn per_channel<const D: usize>(channels: usize) -> [usize; D] {
    std::array::from_fn(|dim| if dim == 1 { channels } else { 1 })
}
