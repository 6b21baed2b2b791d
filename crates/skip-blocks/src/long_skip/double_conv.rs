use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::check::{self, ConfigError};
use crate::layers::{Act, Conv2d, Norm, NormKind, conv_norm, conv2d_config, padded_conv};

/// What a 3x3 convolution of a U-Net does at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConvPadding {
    /// Padded by 1 with zeros: the size is kept.
    Same,
    /// Not padded, as in the original U-Net: each convolution takes one pixel off every edge.
    Valid,
}

/// Configures a [`DoubleConv`].
#[derive(Config, Debug, PartialEq)]
pub struct DoubleConvConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels of both convolutions.
    pub out_channels: usize,
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
}

/// Two 3x3 convolutions: `y = act(bn2(conv2(act(bn1(conv1(x))))))`. Without normalisation they
/// have biases.
///
/// From "U-Net: Convolutional Networks for Biomedical Image Segmentation" (Ronneberger et al. 2015,
/// <https://arxiv.org/abs/1505.04597>), section 2. The original has no normalisation.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to `[batch, out_channels, height, width]`, height and
/// width less 4 with valid padding
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{ConvPadding, DoubleConvConfig};
///
/// let device = Device::flex();
/// let config = DoubleConvConfig::new(1, 8);
/// let x = Tensor::<4>::ones([1, 1, 9, 7], &device);
/// assert_eq!(config.init(&device).forward(x.clone()).dims(), [1, 8, 9, 7]);
///
/// let valid = config.with_padding(ConvPadding::Valid).init(&device);
/// assert_eq!(valid.forward(x).dims(), [1, 8, 5, 3]);
/// ```
#[derive(Module, Debug)]
pub struct DoubleConv {
    /// First 3x3 convolution.
    pub conv1: Conv2d,
    /// Its normalisation, if any.
    pub bn1: Norm,
    /// Second 3x3 convolution.
    pub conv2: Conv2d,
    /// Its normalisation, if any.
    pub bn2: Norm,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

impl ConvPadding {
    /// The height or width after so many 3x3 convolutions; none where nothing is left.
    pub fn size_after(self, convolutions: usize, size: usize) -> Option<usize> {
        match self {
            Self::Same => Some(size),
            Self::Valid => size.checked_sub(2 * convolutions).filter(|&size| size > 0),
        }
    }
}

impl DoubleConvConfig {
    /// Whether the pair can be made.
    ///
    /// # Errors
    /// If a number of channels is zero, or the normalisation cannot be made.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::positive("in_channels", self.in_channels)?;
        check::positive("out_channels", self.out_channels)?;
        self.norm.check(self.out_channels)
    }

    /// Makes the pair.
    ///
    /// # Panics
    /// Panics where [`DoubleConvConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> DoubleConv {
        check::or_panic(self.check());
        let out_channels = self.out_channels;
        let conv = |in_channels| {
            match self.padding {
                ConvPadding::Same => padded_conv(in_channels, out_channels, 3),
                ConvPadding::Valid => conv2d_config(in_channels, out_channels, 3),
            }
            .with_bias(self.bias || self.norm.wants_bias())
            .init(device)
        };
        DoubleConv {
            conv1: conv(self.in_channels),
            bn1: self.norm.init(out_channels, device),
            conv2: conv(out_channels),
            bn2: self.norm.init(out_channels, device),
            act: self.act,
        }
    }
}

impl DoubleConv {
    /// Applies both convolutions. See [`DoubleConv`].
    ///
    /// # Panics
    /// With valid padding, panics if the height or width is below 5.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = conv_norm(x, &self.conv1, &self.bn1, self.act);
        conv_norm(x, &self.conv2, &self.bn2, self.act)
    }
}
