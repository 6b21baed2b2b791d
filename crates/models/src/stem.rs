//! What stands before a network's first stage.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use skip_blocks::layers::{Act, Conv2d, Norm, NormKind, conv_norm, conv3x3, padded_conv};
use skip_blocks::{ConfigError, check};

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
    /// Three 3x3 convolutions, the first of stride 2, in place of the 7x7 one: ResNet-C of "Bag of
    /// Tricks for Image Classification with Convolutional Neural Networks" (He et al. 2018,
    /// <https://arxiv.org/abs/1812.01187>), figure 2(b). These are the channels of the first two.
    Deep([usize; 2]),
}

/// The convolutions of a [`Stem`], with what stands between them.
#[derive(Module, Debug)]
pub enum StemConv {
    /// One convolution.
    Single(Conv2d),
    /// Three.
    Deep(DeepStem),
}

/// `conv3(act(bn2(conv2(act(bn1(conv1(x)))))))`, all 3x3.
#[derive(Module, Debug)]
pub struct DeepStem {
    /// First convolution, of stride 2.
    pub conv1: Conv2d,
    /// Its normalisation.
    pub bn1: Norm,
    /// Second convolution.
    pub conv2: Conv2d,
    /// Its normalisation.
    pub bn2: Norm,
    /// Third convolution.
    pub conv3: Conv2d,
}

impl Stem {
    /// Whether its convolutions can be made.
    pub(crate) fn check(self, norm: NormKind) -> Result<(), ConfigError> {
        let Self::Deep(channels) = self else {
            return Ok(());
        };
        channels.into_iter().try_for_each(|channels| {
            check::positive("stem.deep", channels)?;
            norm.check(channels)
        })
    }

    /// Its convolutions, the last of which gives so many channels.
    pub(crate) fn init(
        self,
        in_channels: usize,
        channels: usize,
        norm: NormKind,
        device: &Device,
    ) -> StemConv {
        let conv = match self {
            Self::ImageNet => padded_conv(in_channels, channels, 7).with_stride([2, 2]),
            Self::Cifar => conv3x3(in_channels, channels),
            Self::Deep([first, second]) => {
                let conv = |from, to| conv3x3(from, to).with_bias(norm.wants_bias());
                return StemConv::Deep(DeepStem {
                    conv1: conv(in_channels, first).with_stride([2, 2]).init(device),
                    bn1: norm.init(first, device),
                    conv2: conv(first, second).init(device),
                    bn2: norm.init(second, device),
                    conv3: conv(second, channels).init(device),
                });
            }
        };
        StemConv::Single(conv.with_bias(norm.wants_bias()).init(device))
    }

    /// Whether a pooling of stride 2 follows its convolutions.
    pub(crate) fn pools(self) -> bool {
        match self {
            Self::ImageNet | Self::Deep(_) => true,
            Self::Cifar => false,
        }
    }

    /// How many times smaller the first stage's input is than the image.
    pub(crate) fn reduction(self) -> usize {
        if self.pools() { 4 } else { 1 }
    }
}

impl StemConv {
    /// What the last convolution is applied to, and that convolution: what follows it is the
    /// network's.
    pub(crate) fn up_to_last(&self, x: Tensor<4>, act: Act) -> (Tensor<4>, &Conv2d) {
        match self {
            Self::Single(conv) => (x, conv),
            Self::Deep(stem) => {
                let x = conv_norm(x, &stem.conv1, &stem.bn1, act);
                let x = conv_norm(x, &stem.conv2, &stem.bn2, act);
                (x, &stem.conv3)
            }
        }
    }
}
