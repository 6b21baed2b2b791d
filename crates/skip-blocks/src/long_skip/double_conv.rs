use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::check;
use crate::layers::{
    BatchNorm, BatchNormConfig, Conv2d, conv_bn_relu, conv_relu, conv2d_config, padded_conv,
};

/// What a 3x3 convolution of a U-Net does at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConvPadding {
    /// Padded by 1 with zeros: the size is kept.
    Same,
    /// Not padded, as in the original U-Net: each convolution takes one pixel off every edge.
    Valid,
}

/// Configures a [`DoubleConv`].
#[derive(Config, Debug)]
pub struct DoubleConvConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels of both convolutions.
    pub out_channels: usize,
    /// What the convolutions do at the edge. Default: same.
    #[config(default = "ConvPadding::Same")]
    pub padding: ConvPadding,
    /// Whether batch normalisation follows each convolution, which then has no bias. Default: true.
    #[config(default = true)]
    pub norm: bool,
}

/// Two 3x3 convolutions: `y = relu(bn2(conv2(relu(bn1(conv1(x))))))`, or without normalisation
/// `y = relu(conv2(relu(conv1(x))))`.
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
    pub bn1: Option<BatchNorm>,
    /// Second 3x3 convolution.
    pub conv2: Conv2d,
    /// Its normalisation, if any.
    pub bn2: Option<BatchNorm>,
}

impl DoubleConvConfig {
    /// Makes the pair.
    ///
    /// # Panics
    /// Panics if a number of channels is zero.
    pub fn init(&self, device: &Device) -> DoubleConv {
        let Self {
            in_channels,
            out_channels,
            ..
        } = *self;
        check::positive("in_channels", in_channels);
        check::positive("out_channels", out_channels);
        let conv = |in_channels| {
            match self.padding {
                ConvPadding::Same => padded_conv(in_channels, out_channels, 3),
                ConvPadding::Valid => conv2d_config(in_channels, out_channels, 3),
            }
            .with_bias(!self.norm)
            .init(device)
        };
        let bn = || {
            self.norm
                .then(|| BatchNormConfig::new(out_channels).init(device))
        };
        DoubleConv {
            conv1: conv(in_channels),
            bn1: bn(),
            conv2: conv(out_channels),
            bn2: bn(),
        }
    }
}

impl DoubleConv {
    /// Applies both convolutions. See [`DoubleConv`].
    ///
    /// # Panics
    /// With valid padding, panics if the height or width is below 5.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = step(x, &self.conv1, &self.bn1);
        step(x, &self.conv2, &self.bn2)
    }
}

fn step(x: Tensor<4>, conv: &Conv2d, bn: &Option<BatchNorm>) -> Tensor<4> {
    match bn {
        Some(bn) => conv_bn_relu(x, conv, bn),
        None => conv_relu(x, conv),
    }
}
