//! A network of any family that tells images apart.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::{
    DenseNet, DenseNetConfig, HighwayConvNet, HighwayConvNetConfig, HighwayNet, HighwayNetConfig,
    ResNet, ResNetConfig,
};

/// Configures a [`Classifier`].
#[derive(Config, Debug)]
pub enum ClassifierConfig {
    /// See [`ResNetConfig`].
    ResNet(ResNetConfig),
    /// See [`DenseNetConfig`].
    DenseNet(DenseNetConfig),
    /// See [`HighwayNetConfig`].
    Highway(HighwayNetConfig),
    /// See [`HighwayConvNetConfig`].
    HighwayConv(HighwayConvNetConfig),
}

impl ClassifierConfig {
    /// Whether blocks are computed again on the way back, instead of being kept. Highway networks
    /// have no such switch and stay as they are.
    pub fn with_recompute(self, recompute: bool) -> Self {
        match self {
            Self::ResNet(config) => Self::ResNet(config.with_recompute(recompute)),
            Self::DenseNet(config) => Self::DenseNet(config.with_recompute(recompute)),
            highway @ (Self::Highway(_) | Self::HighwayConv(_)) => highway,
        }
    }

    /// Makes the network.
    ///
    /// # Panics
    /// Panics where the family's `init` does.
    pub fn init(&self, device: &Device) -> Classifier {
        match self {
            Self::ResNet(config) => Classifier::ResNet(config.init(device)),
            Self::DenseNet(config) => Classifier::DenseNet(config.init(device)),
            Self::Highway(config) => Classifier::Highway(config.init(device)),
            Self::HighwayConv(config) => Classifier::HighwayConv(config.init(device)),
        }
    }
}

/// A network that tells images apart.
///
/// # Shapes
/// `[batch, channels, height, width]` to `[batch, classes]`, not normalised (logits)
#[derive(Module, Debug)]
pub enum Classifier {
    /// See [`ResNet`].
    ResNet(ResNet),
    /// See [`DenseNet`].
    DenseNet(DenseNet),
    /// See [`HighwayNet`].
    Highway(HighwayNet),
    /// See [`HighwayConvNet`].
    HighwayConv(HighwayConvNet),
}

impl Classifier {
    /// Applies the network.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        match self {
            Self::ResNet(model) => model.forward(x),
            Self::DenseNet(model) => model.forward(x),
            Self::Highway(model) => model.forward(x),
            Self::HighwayConv(model) => model.forward(x),
        }
    }
}
