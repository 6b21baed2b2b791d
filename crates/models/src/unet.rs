//! U-Net: an encoder and a decoder with long skips between their stages of one size.
//!
//! "U-Net: Convolutional Networks for Biomedical Image Segmentation" (Ronneberger et al. 2015,
//! <https://arxiv.org/abs/1505.04597>).

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{Conv2d, Conv2dConfig, conv};
use skip_blocks::{
    ConvPadding, DecoderStage, DecoderStageConfig, DoubleConv, DoubleConvConfig, EncoderStage,
    EncoderStageConfig, Merge, Upsampling,
};

/// Configures a [`UNet`]. The default is the padded form with batch normalisation.
#[derive(Config, Debug)]
pub struct UNetConfig {
    /// Channels of the images.
    pub in_channels: usize,
    /// How many classes are told apart at each pixel.
    pub classes: usize,
    /// Channels of the first stage; they double with each stage down. Default: 64.
    #[config(default = 64)]
    pub width: usize,
    /// How many times the size is halved. Default: 4.
    #[config(default = 4)]
    pub depth: usize,
    /// How the decoder doubles the size. Default: transposed.
    #[config(default = "Upsampling::Transposed")]
    pub upsampling: Upsampling,
    /// How the decoder joins the long skips. Default: concat.
    #[config(default = "Merge::Concat")]
    pub merge: Merge,
    /// What the convolutions do at the edge. Default: same.
    #[config(default = "ConvPadding::Same")]
    pub padding: ConvPadding,
    /// Whether batch normalisation follows each convolution. Default: true.
    #[config(default = true)]
    pub norm: bool,
    /// Whether what a stage computes is computed again on the way back, instead of being kept.
    /// Default: false.
    #[config(default = false)]
    pub recompute: bool,
}

impl UNetConfig {
    /// The original U-Net: valid convolutions, no normalisation, base width 64. The paper has 1
    /// channel and 2 classes.
    pub fn original(in_channels: usize, classes: usize) -> Self {
        Self::new(in_channels, classes)
            .with_padding(ConvPadding::Valid)
            .with_norm(false)
    }

    /// Makes the network.
    ///
    /// # Panics
    /// Panics if the depth or a number of channels is zero.
    pub fn init(&self, device: &Device) -> UNet {
        assert!(self.depth > 0, "depth = 0: must be at least 1");
        let width = |level: usize| self.width << level;
        let encoder = |level: usize| {
            let in_channels = match level {
                0 => self.in_channels,
                _ => width(level - 1),
            };
            EncoderStageConfig::new(in_channels, width(level))
                .with_padding(self.padding)
                .with_norm(self.norm)
                .with_recompute(self.recompute)
                .init(device)
        };
        let decoder = |level: usize| {
            DecoderStageConfig::new(width(level + 1), width(level), width(level))
                .with_upsampling(self.upsampling)
                .with_merge(self.merge)
                .with_padding(self.padding)
                .with_norm(self.norm)
                .with_recompute(self.recompute)
                .init(device)
        };
        UNet {
            encoder: (0..self.depth).map(encoder).collect(),
            bottom: DoubleConvConfig::new(width(self.depth - 1), width(self.depth))
                .with_padding(self.padding)
                .with_norm(self.norm)
                .init(device),
            decoder: (0..self.depth).rev().map(decoder).collect(),
            // Drawn by fan-in: by fan-out, of few classes, logits would start far from 0.
            head: Conv2dConfig::new([width(0), self.classes], [1, 1]).init(device),
        }
    }
}

/// A U-Net.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to `[batch, classes, height, width]`, not normalised
/// (logits). Any size works. With valid padding the output is smaller by a border: 572 gives 388
/// at depth 4.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::UNetConfig;
///
/// let device = Device::flex();
/// let unet = UNetConfig::new(1, 2).with_width(4).with_depth(2).init(&device);
/// let logits = unet.forward(Tensor::ones([1, 1, 33, 21], &device));
/// assert_eq!(logits.dims(), [1, 2, 33, 21]);
/// ```
#[derive(Module, Debug)]
pub struct UNet {
    /// The stages on the way down, the largest first.
    pub encoder: Vec<EncoderStage>,
    /// The convolutions at the bottom.
    pub bottom: DoubleConv,
    /// The stages on the way up, the smallest first.
    pub decoder: Vec<DecoderStage>,
    /// The 1x1 convolution that classifies each pixel.
    pub head: Conv2d,
}

impl UNet {
    /// Applies the network. See [`UNet`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let mut skips = Vec::with_capacity(self.encoder.len());
        let mut x = x;
        for stage in &self.encoder {
            let (skip, down) = stage.forward(x);
            skips.push(skip);
            x = down;
        }
        x = self.bottom.forward(x);
        for (stage, skip) in self.decoder.iter().zip(skips.into_iter().rev()) {
            x = stage.forward(x, skip);
        }
        conv(x, &self.head)
    }
}
