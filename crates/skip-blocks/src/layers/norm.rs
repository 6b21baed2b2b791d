//! Normalisations as values.

use burn::module::Module;
use burn::nn::{BatchNorm, BatchNormConfig, GroupNorm, GroupNormConfig, Identity, Initializer};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::instance_norm::InstanceNorm2d;
use super::layer_norm::LayerNorm2d;
use crate::check::{self, ConfigError};

/// Which normalisation follows a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NormKind {
    /// Over the batch and the pixels of each channel (Ioffe and Szegedy 2015,
    /// <https://arxiv.org/abs/1502.03167>).
    Batch,
    /// Over the pixels and channels of each of so many groups, for each image (Wu and He 2018,
    /// <https://arxiv.org/abs/1803.08494>).
    Group(usize),
    /// Over the channels of each pixel: see [`LayerNorm2d`].
    Layer,
    /// Over the pixels of each channel, for each image: see [`InstanceNorm2d`].
    Instance,
    /// The same, with nothing that is learned.
    PlainInstance,
    /// None: convolutions have biases instead.
    None,
}

/// A normalisation, or none.
#[derive(Module, Debug)]
pub enum Norm {
    /// See [`NormKind::Batch`].
    Batch(BatchNorm),
    /// See [`NormKind::Group`].
    Group(GroupNorm),
    /// See [`NormKind::Layer`].
    Layer(LayerNorm2d),
    /// See [`NormKind::Instance`].
    Instance(InstanceNorm2d),
    /// See [`NormKind::None`].
    None(Identity),
}

impl NormKind {
    /// Whether so many channels can be normalised.
    ///
    /// # Errors
    /// If the groups do not divide them.
    pub fn check(&self, channels: usize) -> Result<(), ConfigError> {
        match *self {
            Self::Group(groups) => check::divisible("channels", channels, groups),
            _ => Ok(()),
        }
    }

    /// Makes the normalisation of so many channels.
    ///
    /// # Panics
    /// Panics where [`NormKind::check`] gives an error.
    pub fn init(&self, channels: usize, device: &Device) -> Norm {
        check::or_panic(self.check(channels));
        match *self {
            Self::Batch => Norm::Batch(BatchNormConfig::new(channels).init(device)),
            Self::Group(groups) => Norm::Group(GroupNormConfig::new(groups, channels).init(device)),
            Self::Layer => Norm::Layer(LayerNorm2d::new(channels, 1e-6, device)),
            Self::Instance => Norm::Instance(InstanceNorm2d::new(channels, 1e-5, device)),
            Self::PlainInstance => Norm::Instance(InstanceNorm2d::plain(1e-5)),
            Self::None => Norm::None(Identity::new()),
        }
    }

    /// Makes a normalisation whose scale starts at 0: it gives zeros at first, if it [has a
    /// scale](NormKind::scales).
    ///
    /// # Panics
    /// Panics where [`NormKind::check`] gives an error.
    pub fn init_zeros(&self, channels: usize, device: &Device) -> Norm {
        let zeros = Initializer::Zeros.init([channels], device);
        let mut norm = self.init(channels, device);
        match &mut norm {
            Norm::Batch(norm) => norm.gamma = zeros,
            Norm::Group(norm) => norm.gamma = Some(zeros),
            Norm::Layer(norm) => norm.gamma = zeros,
            Norm::Instance(norm) => norm.gamma = norm.gamma.take().map(|_| zeros),
            Norm::None(_) => {}
        }
        norm
    }

    /// Whether it learns a factor for each channel.
    pub fn scales(&self) -> bool {
        !matches!(self, Self::PlainInstance | Self::None)
    }

    /// Whether a convolution before it needs a bias of its own.
    pub fn wants_bias(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl Norm {
    /// With another number that is added to the variance before its root is taken.
    pub fn with_epsilon(mut self, epsilon: f64) -> Self {
        match &mut self {
            Self::Batch(norm) => norm.epsilon = epsilon,
            Self::Group(norm) => norm.epsilon = epsilon,
            Self::Layer(norm) => norm.epsilon = epsilon,
            Self::Instance(norm) => norm.epsilon = epsilon,
            Self::None(_) => {}
        }
        self
    }
}
