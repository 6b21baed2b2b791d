use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{Act, NormKind, conv3x3};
use skip_blocks::seam::part;
use skip_blocks::{BasicBlock, BasicBlockConfig, ConfigError, ConvNorm, ShortcutKind};

use super::names;
use crate::keys::Names;
use crate::{Encode, EncoderFamily, ImageSpec, Level, Levels, Skip};

/// What the stages of [`NnUNetStages`] are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StageKind {
    /// Convolutions, each normalised and activated.
    Plain,
    /// Residual blocks of two convolutions, after a convolution of the image.
    Residual,
}

/// Configures [`NnUNetStages`].
#[derive(Config, Debug, PartialEq)]
pub struct NnUNetStagesConfig {
    /// Channels of each stage. Every stage but the first halves the size.
    pub channels: Vec<usize>,
    /// How many convolutions, or residual blocks, each stage has.
    pub blocks: Vec<usize>,
    /// What the stages are made of. Default: plain.
    #[config(default = "StageKind::Plain")]
    pub kind: StageKind,
    /// The normalisation. Default: instance.
    #[config(default = "NormKind::Instance")]
    pub norm: NormKind,
    /// The activation. Default: leaky ReLU of 0.01.
    #[config(default = "Act::LeakyRelu(0.01)")]
    pub act: Act,
    /// Channels of the images. Default: 1.
    #[config(default = 1)]
    pub in_channels: usize,
}

/// nnU-Net's way down: stages of 3x3 convolutions with biases, or of residual blocks of them, the
/// first of each with a stride of 2. A block's shortcut takes the mean of 2x2 windows in its place.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to a map of each stage, each of half the size of the one
/// before, rounded up
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{Encode, EncoderFamily, NnUNetStagesConfig, StageKind};
///
/// let device = Device::flex();
/// let stages = NnUNetStagesConfig::new(vec![4, 8, 8], vec![1, 2, 2])
///     .with_kind(StageKind::Residual)
///     .init(&device);
/// let maps = stages.features(Tensor::ones([1, 1, 33, 21], &device));
/// assert_eq!(maps[2].dims(), [1, 8, 9, 6]);
/// ```
#[derive(Module, Debug)]
pub struct NnUNetStages {
    /// The convolution of the image before residual blocks.
    pub stem: Option<ConvNorm>,
    /// The stages, the largest map's first.
    pub stages: Vec<NnUNetStage>,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

/// A stage of either kind.
#[derive(Module, Debug)]
pub enum NnUNetStage {
    /// See [`StageKind::Plain`].
    Plain(Vec<ConvNorm>),
    /// See [`StageKind::Residual`].
    Residual(Vec<BasicBlock>),
}

impl NnUNetStagesConfig {
    /// Channels before and after each convolution or block of a stage, and its stride.
    fn plan(&self, stage: usize) -> Vec<([usize; 2], usize)> {
        let channels = self.channels[stage];
        let before = match (stage, self.kind) {
            (0, StageKind::Plain) => self.in_channels,
            (0, StageKind::Residual) => channels,
            _ => self.channels[stage - 1],
        };
        let stride = if stage == 0 { 1 } else { 2 };
        let block = |index| match index {
            0 => ([before, channels], stride),
            _ => ([channels; 2], 1),
        };
        (0..self.blocks[stage]).map(block).collect()
    }

    fn conv(&self, [from, to]: [usize; 2], stride: usize, device: &Device) -> ConvNorm {
        let conv = conv3x3(from, to).with_stride([stride; 2]).with_bias(true);
        ConvNorm::new(conv, self.norm, device)
    }

    fn block(&self, [from, to]: [usize; 2], stride: usize) -> BasicBlockConfig {
        BasicBlockConfig::new(from, to)
            .with_stride(stride)
            .with_norm(self.norm)
            .with_bias(true)
            .with_act(self.act)
            .with_shortcut(ShortcutKind::Pooled)
            .with_zero_init_last(true)
    }

    fn stage(&self, stage: usize, device: &Device) -> NnUNetStage {
        let plan = self.plan(stage).into_iter();
        match self.kind {
            StageKind::Plain => NnUNetStage::Plain(
                plan.map(|(channels, stride)| self.conv(channels, stride, device))
                    .collect(),
            ),
            StageKind::Residual => NnUNetStage::Residual(
                plan.map(|(channels, stride)| self.block(channels, stride).init(device))
                    .collect(),
            ),
        }
    }
}

impl EncoderFamily for NnUNetStagesConfig {
    type Network = NnUNetStages;

    fn levels(&self) -> Vec<Level> {
        let level = |(stage, &channels): (usize, &usize)| Level {
            channels,
            reduction: 1 << stage,
        };
        self.channels.iter().enumerate().map(level).collect()
    }

    fn with_image(self, image: ImageSpec) -> Self {
        self.with_in_channels(image.channels)
    }

    fn skip(&self) -> Option<Skip> {
        (self.kind == StageKind::Residual).then_some(Skip::Add)
    }

    fn names(&self) -> Names {
        match self.kind {
            StageKind::Plain => names::PLAIN,
            StageKind::Residual => names::RESIDUAL,
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        ensure!(
            !self.channels.is_empty(),
            "channels = []: must be one or more stages"
        );
        ensure!(
            self.blocks.len() == self.channels.len() && !self.blocks.contains(&0),
            "blocks = {:?}: must be one or more for each of {} stages",
            self.blocks,
            self.channels.len()
        );
        check::positive("in_channels", self.in_channels)?;
        self.channels.iter().try_for_each(|&channels| {
            check::positive("channels", channels)?;
            self.norm.check(channels)
        })
    }

    fn init(&self, device: &Device) -> NnUNetStages {
        check::or_panic(self.check());
        let stem = || self.conv([self.in_channels, self.channels[0]], 1, device);
        NnUNetStages {
            stem: (self.kind == StageKind::Residual).then(stem),
            stages: (0..self.channels.len())
                .map(|stage| self.stage(stage, device))
                .collect(),
            act: self.act,
        }
    }
}

impl NnUNetStages {
    fn stage(&self, stage: &NnUNetStage, x: Tensor<4>) -> Tensor<4> {
        let act = self.act;
        match stage {
            NnUNetStage::Plain(convs) => convs.iter().fold(x, |x, conv| {
                part(conv, [x], move |conv, [x]| conv.forward(x, act))
            }),
            NnUNetStage::Residual(blocks) => blocks.iter().fold(x, |x, block| {
                part(block, [x], |block, [x]| block.forward(x))
            }),
        }
    }
}

impl Encode for NnUNetStages {
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let mut x = match &self.stem {
            Some(stem) => stem.forward(x, self.act),
            None => x,
        };
        for (index, stage) in self.stages.iter().enumerate() {
            if index > 0 {
                x = levels.pass(x);
            }
            x = self.stage(stage, x);
        }
        x
    }
}
