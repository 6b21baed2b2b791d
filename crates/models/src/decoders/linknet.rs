//! LinkNet: the long skips are added.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{
    Act, ConvTranspose2d, ConvTranspose2dConfig, Norm, NormKind, conv_transpose, conv1x1, fit, norm,
};
use skip_blocks::seam::part_all;
use skip_blocks::{ConfigError, Join, JoinKind};

use super::layers::ConvNorm;
use crate::keys::Names;
use crate::variant::FOREGROUND;
use crate::way_up::{self, Maps, Step, way_up};
use crate::{Decode, DecoderFamily, EncoderConfig, Level, ModelConfig};

/// Configures a [`LinkNetDecoder`].
#[derive(Config, Debug, PartialEq)]
pub struct LinkNetDecoderConfig {
    /// Channels of the last map. Default: 32.
    #[config(default = 32)]
    pub channels: usize,
    /// How the long skips are joined. Default: add.
    #[config(default = "JoinKind::Add")]
    pub join: JoinKind,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
}

/// LinkNet's way up: each stage doubles the size with a quarter of the channels, and the encoder's
/// map of that size is added: `y = expand(up(reduce(x))) + skip`.
///
/// "LinkNet: Exploiting Encoder Representations for Efficient Semantic Segmentation" (Chaurasia and
/// Culurciello 2017, <https://arxiv.org/abs/1707.03718>), figure 2, as segmentation_models.pytorch
/// has it.
///
/// # Shapes
/// An encoder's maps to `[batch, channels, height, width]` of the image's height and width
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::create;
///
/// let device = Device::flex();
/// let model = create("linknet-resnet10_w16")?.init(&device);
/// let answers = model.forward(Tensor::ones([1, 3, 45, 64], &device));
/// assert_eq!(answers[0].dims(), [1, 1, 45, 64]);
/// # Ok::<(), models::ModelError>(())
/// ```
#[derive(Module, Debug)]
pub struct LinkNetDecoder {
    /// The stages on the way up, the smallest first.
    pub stages: Vec<LinkNetStage>,
    /// Which of the encoder's maps each stage joins.
    #[module(skip)]
    pub steps: Vec<Step>,
}

/// `y = expand(relu(bn(up(reduce(x))))) + skip`
#[derive(Module, Debug)]
pub struct LinkNetStage {
    /// To a quarter of the channels.
    pub reduce: ConvNorm,
    /// Doubles the size.
    pub up: ConvTranspose2d,
    /// Its normalisation.
    pub up_norm: Norm,
    /// To the skip's channels.
    pub expand: ConvNorm,
    /// Joins the skip.
    pub join: Join,
}

const NAMES: Names = &[
    ("stages.#.reduce.conv", "blocks.{0}.block.0.0"),
    ("stages.#.reduce.norm", "blocks.{0}.block.0.1"),
    ("stages.#.up", "blocks.{0}.block.1.0"),
    ("stages.#.up_norm", "blocks.{0}.block.1.1"),
    ("stages.#.expand.conv", "blocks.{0}.block.2.0"),
    ("stages.#.expand.norm", "blocks.{0}.block.2.1"),
    ("stages.#", "blocks.{0}"),
    ("head.conv", "segmentation_head.0"),
];

impl LinkNetDecoderConfig {
    /// Each step, with the channels that come in and go out. Where no skip joins, they stay as they
    /// are, but for the last.
    fn stages(&self, levels: &[Level]) -> Vec<(Step, [usize; 2])> {
        let mut below = levels.last().map_or(0, |last| last.channels);
        let stage = |step: Step| {
            let channels = match step.skip_channels {
                0 if step.reduction == 1 => self.channels,
                0 => below,
                skip => skip,
            };
            (step, [std::mem::replace(&mut below, channels), channels])
        };
        way_up(levels).into_iter().map(stage).collect()
    }

    fn stage(&self, step: &Step, [below, channels]: [usize; 2], device: &Device) -> LinkNetStage {
        let narrow = (below / 4).max(1);
        LinkNetStage {
            reduce: ConvNorm::new(conv1x1(below, narrow), self.norm, device),
            up: ConvTranspose2dConfig::new([narrow; 2], [4; 2])
                .with_stride([2; 2])
                .with_padding([1; 2])
                .init(device),
            up_norm: self.norm.init(narrow, device),
            expand: ConvNorm::new(conv1x1(narrow, channels), self.norm, device),
            join: match step.skip {
                Some(_) => self.join.init(channels, channels, device),
                None => JoinKind::None.init(0, channels, device),
            },
        }
    }
}

impl DecoderFamily for LinkNetDecoderConfig {
    type Network = LinkNetDecoder;

    fn outputs(&self, levels: &[Level]) -> Vec<Level> {
        let last = self.stages(levels).pop();
        let output = last.map(|(step, [_, channels])| Level {
            channels,
            reduction: step.reduction,
        });
        output.into_iter().collect()
    }

    fn carries_skips(&self) -> bool {
        self.join != JoinKind::None
    }

    fn names(&self) -> Names {
        NAMES
    }

    fn check(&self, levels: &[Level]) -> Result<(), ConfigError> {
        check::positive("channels", self.channels)?;
        way_up::check("LinkNet's decoder", levels)?;
        let stages = self.stages(levels);
        ensure!(
            matches!(self.join, JoinKind::Add | JoinKind::Gate | JoinKind::None),
            "join = {:?}: must be add, gate or none, which keep the channels",
            self.join
        );
        stages.iter().try_for_each(|(_, [below, channels])| {
            self.norm.check((below / 4).max(1))?;
            self.norm.check(*channels)
        })
    }

    fn init(&self, levels: &[Level], device: &Device) -> LinkNetDecoder {
        check::or_panic(self.check(levels));
        let stages = self.stages(levels).into_iter();
        let (stages, steps) = stages
            .map(|(step, channels)| (self.stage(&step, channels, device), step))
            .unzip();
        LinkNetDecoder { stages, steps }
    }
}

impl Decode for LinkNetDecoder {
    fn forward(&self, maps: Vec<Tensor<4>>, image: [usize; 2]) -> Vec<Tensor<4>> {
        let mut maps = Maps::new(maps, image);
        let mut x = maps.last();
        for (stage, step) in self.stages.iter().zip(&self.steps) {
            let (skip, size) = maps.at(step);
            let mut inputs = vec![x];
            inputs.extend(skip);
            x = part_all(stage, inputs, move |stage, mut inputs| {
                let x = inputs.remove(0);
                stage.forward(x, inputs, size)
            });
        }
        vec![x]
    }
}

impl LinkNetStage {
    fn forward(&self, x: Tensor<4>, skips: Vec<Tensor<4>>, size: [usize; 2]) -> Tensor<4> {
        let x = self.reduce.forward(x);
        let x = norm(conv_transpose(x, &self.up), &self.up_norm, Act::Relu);
        let x = fit(self.expand.forward(x), size);
        self.join.forward(skips, x)
    }
}

/// On any encoder, as segmentation_models.pytorch has it.
pub(crate) fn on(encoder: EncoderConfig) -> ModelConfig {
    ModelConfig::segmenter(encoder, LinkNetDecoderConfig::new(), FOREGROUND)
}
