//! MAnet: skips and what comes from below are weighted by their channels, and distant pixels attend
//! to each other at the bottom.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{
    Act, Conv2d, Conv2dConfig, NormKind, Resize, add, conv, conv1x1, conv3x3, resize, scale_images,
    split,
};
use skip_blocks::seam::part;
use skip_blocks::{
    ConfigError, DecoderStage, DecoderStageConfig, DoubleConv, DoubleConvConfig, Join, JoinKind,
    SqueezeExcitation, Upsampling,
};

use super::layers::ConvNorm;
use crate::keys::Names;
use crate::unet::ascend;
use crate::variant::FOREGROUND;
use crate::way_up::{self, Maps, Step, size, way_up};
use crate::{Decode, DecoderFamily, EncoderConfig, Level, ModelConfig};

/// Configures an [`MANetDecoder`].
#[derive(Config, Debug, PartialEq)]
pub struct MANetDecoderConfig {
    /// Channels of each stage, the smallest map's first. Where there are more than stages, the last
    /// ones hold. Default: 256, 128, 64, 32, 16.
    #[config(default = "vec![256, 128, 64, 32, 16]")]
    pub channels: Vec<usize>,
    /// Channels by which pixels compare themselves at the bottom. Default: 64.
    #[config(default = 64)]
    pub attention_channels: usize,
    /// How many times fewer channels the hidden layers of the excitations have. Default: 16.
    #[config(default = 16)]
    pub reduction: usize,
    /// How the long skips are joined. Default: append.
    #[config(default = "JoinKind::Append")]
    pub join: JoinKind,
}

/// MAnet's way up: a [`PositionAttention`] at the bottom, and a [`FusionStage`] for each of the
/// encoder's maps; where there is none, a plain [`DecoderStage`].
///
/// "MA-Net: A Multi-Scale Attention Network for Liver and Tumor Segmentation" (Fan et al. 2020,
/// <https://ieeexplore.ieee.org/document/9201310>), figure 2, as segmentation_models.pytorch has it.
///
/// # Shapes
/// An encoder's maps to `[batch, channels, height, width]` of the image's height and width
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::create;
///
/// let device = Device::flex();
/// let model = create("manet-resnet10_w16")?.init(&device);
/// let answers = model.forward(Tensor::ones([1, 3, 45, 64], &device));
/// assert_eq!(answers[0].dims(), [1, 1, 45, 64]);
/// # Ok::<(), models::ModelError>(())
/// ```
#[derive(Module, Debug)]
pub struct MANetDecoder {
    /// What distant pixels tell each other.
    pub center: PositionAttention,
    /// The stages on the way up, the smallest first.
    pub stages: Vec<MANetStage>,
    /// Which of the encoder's maps each stage joins.
    #[module(skip)]
    pub steps: Vec<Step>,
}

/// A stage on the way up.
#[derive(Module, Debug)]
pub enum MANetStage {
    /// With a skip.
    Fusion(FusionStage),
    /// Without.
    Plain(DecoderStage),
}

/// The position-wise attention block: `y = out(x + A value(x))`, where `A` is the softmax, over all
/// pairs of pixels at once, of `key(x)' query(x)`.
///
/// # Shapes
/// `[batch, channels, height, width]` to the same
#[derive(Module, Debug)]
pub struct PositionAttention {
    /// What a pixel is compared by.
    pub query: Conv2d,
    /// What it is compared with.
    pub key: Conv2d,
    /// What it tells.
    pub value: Conv2d,
    /// What follows.
    pub out: Conv2d,
}

/// The multi-scale fusion attention block: `y = double_conv([f * h, skip])` with `h = up(high(x))`
/// and one factor a channel, `f = excite_high(h) + excite_low(skip)`.
///
/// # Shapes
/// `x` from below, and a skip, to a map of the skip's height and width
#[derive(Module, Debug)]
pub struct FusionStage {
    /// The 3x3 convolution of what comes from below.
    pub high1: ConvNorm,
    /// Brings it to the skip's channels.
    pub high2: ConvNorm,
    /// How much the channels of the skip count.
    pub excite_low: SqueezeExcitation,
    /// How much the channels of what comes from below count.
    pub excite_high: SqueezeExcitation,
    /// Joins the skip.
    pub join: Join,
    /// The convolutions after it.
    pub conv: DoubleConv,
}

const NAMES: Names = &[
    ("center.query", "center.top_conv"),
    ("center.key", "center.center_conv"),
    ("center.value", "center.bottom_conv"),
    ("center.out", "center.out_conv"),
    ("stages.#.high1.conv", "blocks.{0}.hl_conv.0.0"),
    ("stages.#.high1.norm", "blocks.{0}.hl_conv.0.1"),
    ("stages.#.high2.conv", "blocks.{0}.hl_conv.1.0"),
    ("stages.#.high2.norm", "blocks.{0}.hl_conv.1.1"),
    ("stages.#.excite_low.fc1", "blocks.{0}.SE_ll.1"),
    ("stages.#.excite_low.fc2", "blocks.{0}.SE_ll.3"),
    ("stages.#.excite_high.fc1", "blocks.{0}.SE_hl.1"),
    ("stages.#.excite_high.fc2", "blocks.{0}.SE_hl.3"),
    ("stages.#.conv.conv1", "blocks.{0}.conv1.0"),
    ("stages.#.conv.bn1", "blocks.{0}.conv1.1"),
    ("stages.#.conv.conv2", "blocks.{0}.conv2.0"),
    ("stages.#.conv.bn2", "blocks.{0}.conv2.1"),
    ("stages.#", "blocks.{0}"),
    ("head.conv", "segmentation_head.0"),
];

impl MANetDecoderConfig {
    /// Each step, with the channels that come in and go out.
    fn stages(&self, levels: &[Level]) -> Vec<(Step, [usize; 2])> {
        let mut below = levels.last().map_or(0, |last| last.channels);
        let steps = way_up(levels);
        let unused = self.channels.len().saturating_sub(steps.len());
        let stage = |(index, step): (usize, Step)| {
            let channels = self.channels.get(unused + index).copied().unwrap_or(0);
            (step, [std::mem::replace(&mut below, channels), channels])
        };
        steps.into_iter().enumerate().map(stage).collect()
    }

    fn stage(&self, skip: usize, [below, channels]: [usize; 2], device: &Device) -> MANetStage {
        if skip == 0 {
            let stage =
                DecoderStageConfig::new(below, 0, channels).with_upsampling(Upsampling::Repeat);
            return MANetStage::Plain(stage.init(device));
        }
        let norm = NormKind::Batch;
        let excitation = || {
            // One hidden unit at least.
            let reduction = self.reduction.min(skip);
            SqueezeExcitation::new(skip, reduction, device)
        };
        let joined = self.join.out_channels(skip, skip);
        MANetStage::Fusion(FusionStage {
            high1: ConvNorm::new(conv3x3(below, below), norm, device),
            high2: ConvNorm::new(conv1x1(below, skip), norm, device),
            excite_low: excitation(),
            excite_high: excitation(),
            join: self.join.init(skip, skip, device),
            conv: DoubleConvConfig::new(joined, channels).init(device),
        })
    }
}

impl DecoderFamily for MANetDecoderConfig {
    type Network = MANetDecoder;

    fn outputs(&self, levels: &[Level]) -> Vec<Level> {
        let last = self.stages(levels).pop();
        let output = last.map(|(step, [_, channels])| Level {
            channels,
            reduction: step.reduction,
        });
        output.into_iter().collect()
    }

    fn names(&self) -> Names {
        NAMES
    }

    fn check(&self, levels: &[Level]) -> Result<(), ConfigError> {
        way_up::check("MAnet's decoder", levels)?;
        let stages = way_up(levels).len();
        ensure!(
            self.channels.len() >= stages && self.channels.iter().all(|&channels| channels > 0),
            "channels = {:?}: must be one for each of {stages} stages, none 0",
            self.channels
        );
        check::positive("attention_channels", self.attention_channels)?;
        check::positive("reduction", self.reduction)
    }

    fn init(&self, levels: &[Level], device: &Device) -> MANetDecoder {
        check::or_panic(self.check(levels));
        let last = levels[levels.len() - 1].channels;
        let stages = self.stages(levels).into_iter();
        let (steps, stages) = stages
            .map(|(step, channels)| (step, self.stage(step.skip_channels, channels, device)))
            .unzip();
        MANetDecoder {
            center: PositionAttention::new(last, self.attention_channels, device),
            stages,
            steps,
        }
    }
}

impl Decode for MANetDecoder {
    fn forward(&self, maps: Vec<Tensor<4>>, image: [usize; 2]) -> Vec<Tensor<4>> {
        let mut maps = Maps::new(maps, image);
        let x = maps.last();
        let mut x = part(&self.center, [x], |center, [x]| center.forward(x));
        for (stage, step) in self.stages.iter().zip(&self.steps) {
            x = match (stage, maps.at(step)) {
                (MANetStage::Fusion(stage), (Some(skip), _)) => {
                    part(stage, [x, skip], |stage, [x, skip]| stage.forward(x, skip))
                }
                (MANetStage::Plain(stage), (None, size)) => ascend(stage, x, vec![], size),
                _ => unreachable!("stages with a skip are made where there is one"),
            };
        }
        vec![x]
    }
}

impl PositionAttention {
    fn new(channels: usize, compared: usize, device: &Device) -> Self {
        let biased = |conv: Conv2dConfig| conv.with_bias(true).init(device);
        Self {
            query: biased(conv1x1(channels, compared)),
            key: biased(conv1x1(channels, compared)),
            value: biased(conv3x3(channels, channels)),
            out: biased(conv3x3(channels, channels)),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let dims = x.dims();
        let [batch, _, height, width] = dims;
        let pixels = height * width;
        let [x, query, key, value] = split(x);
        let query = conv(query, &self.query, Act::None).flatten::<3>(2, 3);
        let key = conv(key, &self.key, Act::None).flatten::<3>(2, 3);
        let value = conv(value, &self.value, Act::None).flatten::<3>(2, 3);
        let pairs = key.swap_dims(1, 2).matmul(query);
        let pairs = softmax(pairs.reshape([batch, pixels * pixels]), 1);
        let told = pairs
            .reshape([batch, pixels, pixels])
            .matmul(value.swap_dims(1, 2));
        // As in segmentation_models.pytorch, pixels and channels are not swapped back.
        conv(add(x, told.reshape(dims), Act::None), &self.out, Act::None)
    }
}

impl FusionStage {
    fn forward(&self, x: Tensor<4>, skip: Tensor<4>) -> Tensor<4> {
        let x = self.high2.forward(self.high1.forward(x));
        let [x, high] = split(resize(x, size(&skip), Resize::Nearest));
        let [skip, low] = split(skip);
        let factor = add(
            self.excite_high.factors(high),
            self.excite_low.factors(low),
            Act::None,
        );
        self.conv
            .forward(self.join.forward(vec![skip], scale_images(x, factor)))
    }
}

/// On any encoder, as segmentation_models.pytorch has it.
pub(crate) fn on(encoder: EncoderConfig) -> ModelConfig {
    let decoder = MANetDecoderConfig::new();
    ModelConfig::segmenter(encoder, decoder, FOREGROUND).with_head_kernel(3)
}
