use burn::config::Config;
use burn::nn::PaddingConfig2d;
use skip_blocks::layers::{Act, Conv2dConfig, NormKind, conv2d_config};

/// Of the weights of all layers at the start.
pub(super) const DEVIATION: f64 = 0.02;

/// Configures a [`ConvNeXt`](super::ConvNeXt).
#[derive(Config, Debug, PartialEq)]
pub struct ConvNeXtConfig {
    /// How many blocks each stage has. All stages but the first halve the size.
    pub blocks: Vec<usize>,
    /// Channels of the stem and of the first stage; they double with each stage.
    pub width: usize,
    /// Channels between the layers over the channels of each pixel, as a multiple of the block's.
    /// Default: 4.
    #[config(default = 4)]
    pub expansion: usize,
    /// What LayerScale starts with. Default: 1e-6; with none there is no LayerScale.
    #[config(default = "Some(1e-6)")]
    pub layer_scale: Option<f64>,
    /// Whether a global response normalisation stands between these layers: ConvNeXt V2, which has no
    /// LayerScale. Default: false.
    #[config(default = false)]
    pub response_norm: bool,
    /// The normalisation. Default: layer.
    #[config(default = "NormKind::Layer")]
    pub norm: NormKind,
    /// The activation. Default: GELU.
    #[config(default = "Act::Gelu")]
    pub act: Act,
    /// Stochastic depth: the probability that a sample skips the last block. It grows linearly from
    /// 0 at the first. Default: 0.
    #[config(default = 0.0)]
    pub drop_path_rate: f64,
    /// How many times smaller than the image the last map may be, 8, 16 or 32: stages that would go
    /// beyond it are dilated instead. Default: none, no limit.
    #[config(default = "None")]
    pub output_stride: Option<usize>,
    /// Channels of the images. Default: 3.
    #[config(default = 3)]
    pub in_channels: usize,
}

impl ConvNeXtConfig {
    /// ConvNeXt V2 of the same size.
    pub fn v2(self) -> Self {
        self.with_response_norm(true).with_layer_scale(None)
    }

    /// Channels, strides and dilations of the stages.
    pub(super) fn plan(&self) -> Vec<StagePlan> {
        let limit = self.output_stride.unwrap_or(usize::MAX);
        let mut reduction = STEM;
        let mut dilation = 1;
        let stage = |stage: usize| {
            let downsamples = stage > 0;
            let before = dilation;
            let halves = downsamples && 2 * reduction <= limit;
            if halves {
                reduction *= 2;
            } else if downsamples {
                dilation *= 2;
            }
            let channels = self.width << stage;
            StagePlan {
                channels,
                downsample: downsamples.then(|| downsample(channels / 2, halves, before)),
                dilation,
                reduction,
            }
        };
        (0..self.blocks.len()).map(stage).collect()
    }

    /// The probability that a sample skips a block: 0 for the first of all, the full rate for the
    /// last.
    pub(super) fn drop_probability(&self, block: usize) -> f64 {
        let last = self.blocks.iter().sum::<usize>() - 1;
        self.drop_path_rate * block as f64 / last.max(1) as f64
    }

    /// The stem: patches that do not overlap.
    pub(super) fn patches(&self) -> Conv2dConfig {
        conv2d_config(self.in_channels, self.width, STEM)
            .with_stride([STEM; 2])
            .with_bias(true)
    }
}

/// Height and width of the stem's patches.
pub(super) const STEM: usize = 4;

/// How a stage goes on from the one before.
pub(super) struct StagePlan {
    pub channels: usize,
    /// What brings the map before to the stage's channels, and to half the size.
    pub downsample: Option<Conv2dConfig>,
    /// Of the depthwise convolutions.
    pub dilation: usize,
    pub reduction: usize,
}

/// The 2x2 convolution between stages. Where it does not halve the size, it keeps it.
fn downsample(channels: usize, halves: bool, dilation: usize) -> Conv2dConfig {
    let conv = conv2d_config(channels, 2 * channels, 2).with_bias(true);
    if halves {
        return conv.with_stride([2; 2]);
    }
    let (before, after) = (dilation / 2, dilation - dilation / 2);
    conv.with_dilation([dilation; 2])
        .with_padding(PaddingConfig2d::Explicit(before, before, after, after))
}

/// A 7x7 convolution of each channel on its own.
pub(super) fn depthwise(channels: usize, dilation: usize) -> Conv2dConfig {
    let half = 3 * dilation;
    conv2d_config(channels, channels, 7)
        .with_groups(channels)
        .with_dilation([dilation; 2])
        .with_padding(PaddingConfig2d::Explicit(half, half, half, half))
        .with_bias(true)
}
