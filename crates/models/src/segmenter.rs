//! A network of any family that tells pixels apart.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::{UNet, UNetConfig};

/// Configures a [`Segmenter`].
#[derive(Config, Debug)]
pub enum SegmenterConfig {
    /// See [`UNetConfig`].
    UNet(UNetConfig),
}

impl SegmenterConfig {
    /// Whether stages are computed again on the way back, instead of being kept.
    pub fn with_recompute(self, recompute: bool) -> Self {
        match self {
            Self::UNet(config) => Self::UNet(config.with_recompute(recompute)),
        }
    }

    /// Makes the network.
    ///
    /// # Panics
    /// Panics where the family's `init` does.
    pub fn init(&self, device: &Device) -> Segmenter {
        match self {
            Self::UNet(config) => Segmenter::UNet(config.init(device)),
        }
    }
}

/// A network that tells pixels apart.
///
/// # Shapes
/// `[batch, channels, height, width]` to `[batch, classes, height, width]`, not normalised
/// (logits); smaller by a border with valid convolutions
#[derive(Module, Debug)]
pub enum Segmenter {
    /// See [`UNet`].
    UNet(UNet),
}

impl Segmenter {
    /// Applies the network.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::UNet(model) => model.forward(x),
        }
    }
}
