//! What stands before a network's first stage.

use serde::{Deserialize, Serialize};
use skip_blocks::layers::{Conv2dConfig, conv3x3, padded_conv};

/// What stands before a network's first stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stem {
    /// A 7x7 convolution of stride 2 and a 3x3 max pooling of stride 2, for large images.
    #[serde(rename = "imagenet")]
    ImageNet,
    /// A 3x3 convolution, for images of 32x32.
    Cifar,
}

impl Stem {
    /// Its convolution.
    pub(crate) fn conv(self, in_channels: usize, channels: usize) -> Conv2dConfig {
        match self {
            Self::ImageNet => padded_conv(in_channels, channels, 7).with_stride([2, 2]),
            Self::Cifar => conv3x3(in_channels, channels),
        }
    }

    /// How many times smaller the first stage's input is than the image.
    pub(crate) fn reduction(self) -> usize {
        match self {
            Self::ImageNet => 4,
            Self::Cifar => 1,
        }
    }
}
