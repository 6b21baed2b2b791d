use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{Act, NormKind, split};
use skip_blocks::seam::part_all;
use skip_blocks::{
    ConfigError, ConvPadding, DecoderStage, DecoderStageConfig, JoinKind, ModifierConfig,
    Upsampling,
};

use super::names;
use crate::keys::Names;
use crate::way_up::{self, Maps, Step, way_up};
use crate::{Decode, DecoderFamily, Level};

/// Configures a [`UNetDecoder`]. The default is that of the padded U-Net.
#[derive(Config, Debug, PartialEq)]
pub struct UNetDecoderConfig {
    /// Channels of each stage, the smallest map's first. Where there are more than stages, the last
    /// ones hold. Default: none, those of the encoder's maps.
    #[config(default = "None")]
    pub channels: Option<Vec<usize>>,
    /// How the size is doubled. Default: transposed.
    #[config(default = "Upsampling::Transposed")]
    pub upsampling: Upsampling,
    /// How the long skips are joined. Default: concat.
    #[config(default = "JoinKind::Concat")]
    pub join: JoinKind,
    /// What the convolutions do at the edge. Default: same.
    #[config(default = "ConvPadding::Same")]
    pub padding: ConvPadding,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// Whether the convolutions have biases although they are normalised. Default: not.
    #[config(default = false)]
    pub bias: bool,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
    /// Applied to joined maps, and to what the convolutions make of them. Default: none.
    #[config(default = "vec![]")]
    pub modifiers: Vec<ModifierConfig>,
    /// How many smaller maps are given besides the last, for losses of their own ("Deeply-Supervised
    /// Nets", Lee et al. 2014, <https://arxiv.org/abs/1409.5185>). Default: 0.
    #[config(default = 0)]
    pub deep_supervision: usize,
}

/// A U-Net's way up, from any encoder's last map to the image's size: at each step the size is
/// doubled and the encoder's map of that size, if there is one, is joined.
///
/// Of maps of one size, as dilated encoders give them, the last is taken.
///
/// # Shapes
/// An encoder's maps to `[batch, channels, height, width]` of the image's height and width; with
/// valid padding, less a border
#[derive(Module, Debug)]
pub struct UNetDecoder {
    /// The stages on the way up, the smallest first.
    pub stages: Vec<DecoderStage>,
    /// Which of the encoder's maps each stage joins.
    #[module(skip)]
    pub steps: Vec<Step>,
    /// How many smaller maps are given besides the last.
    pub deep_supervision: usize,
}

impl UNetDecoderConfig {
    fn stages(&self, levels: &[Level]) -> Vec<(Step, DecoderStageConfig)> {
        let mut below = levels.last().map_or(0, |last| last.channels);
        let steps = way_up(levels);
        let count = steps.len();
        let stage = |(index, step): (usize, Step)| {
            let out_channels = match (&self.channels, step.skip_channels) {
                (Some(channels), _) => {
                    let last = channels.len().saturating_sub(count);
                    channels.get(last + index).copied().unwrap_or(0)
                }
                (None, 0) => below.div_ceil(2),
                (None, skip_channels) => skip_channels,
            };
            let stage = DecoderStageConfig::new(below, step.skip_channels, out_channels)
                .with_upsampling(self.upsampling)
                .with_join(self.join)
                .with_padding(self.padding)
                .with_norm(self.norm)
                .with_bias(self.bias)
                .with_act(self.act)
                .with_modifiers(self.modifiers.clone());
            below = out_channels;
            (step, stage)
        };
        steps.into_iter().enumerate().map(stage).collect()
    }
}

impl DecoderFamily for UNetDecoderConfig {
    type Network = UNetDecoder;

    fn outputs(&self, levels: &[Level]) -> Vec<Level> {
        let stages = self.stages(levels).into_iter().rev();
        let outputs = stages
            .take(1 + self.deep_supervision)
            .map(|(step, stage)| Level {
                channels: stage.out_channels,
                reduction: step.reduction,
            });
        outputs.collect()
    }

    fn size(&self, levels: &[Level], sizes: &[usize], image: usize) -> Option<usize> {
        if self.padding == ConvPadding::Same {
            return Some(image);
        }
        let mut size = *sizes.last()?;
        for step in way_up(levels) {
            size *= 2;
            if step.skip.is_some_and(|skip| sizes[skip] < size) {
                return None;
            }
            size = self.padding.size_after(2, size)?;
        }
        Some(size)
    }

    fn carries_skips(&self) -> bool {
        self.join != JoinKind::None
    }

    /// Of segmentation_models.pytorch, where the layers are its.
    fn names(&self) -> Names {
        match self.upsampling {
            Upsampling::Repeat => names::SMP,
            _ => names::OWN,
        }
    }

    fn check(&self, levels: &[Level]) -> Result<(), ConfigError> {
        way_up::check("a U-Net's decoder", levels)?;
        let stages = self.stages(levels);
        if let Some(channels) = &self.channels {
            ensure!(
                channels.len() >= stages.len() && channels.iter().all(|&channels| channels > 0),
                "channels = {channels:?}: must be one for each of {} stages, none 0",
                stages.len()
            );
        }
        ensure!(
            self.deep_supervision < stages.len(),
            "deep_supervision = {}: must be below {}, the number of stages",
            self.deep_supervision,
            stages.len()
        );
        stages.iter().try_for_each(|(_, stage)| stage.check())
    }

    fn init(&self, levels: &[Level], device: &Device) -> UNetDecoder {
        check::or_panic(self.check(levels));
        let stages = self.stages(levels).into_iter();
        let (steps, stages) = stages
            .map(|(step, stage)| (step, stage.init(device)))
            .unzip();
        UNetDecoder {
            stages,
            steps,
            deep_supervision: self.deep_supervision,
        }
    }
}

impl Decode for UNetDecoder {
    fn forward(&self, maps: Vec<Tensor<4>>, image: [usize; 2]) -> Vec<Tensor<4>> {
        let mut maps = Maps::new(maps, image);
        let mut x = maps.last();
        let mut outputs = vec![];
        for (index, (stage, step)) in self.stages.iter().zip(&self.steps).enumerate() {
            let (skip, size) = maps.at(step);
            x = ascend(stage, x, skip.into_iter().collect(), size);
            let above = self.stages.len() - 1 - index;
            if (1..=self.deep_supervision).contains(&above) {
                let [output, on] = split(x);
                outputs.push(output);
                x = on;
            }
        }
        outputs.push(x);
        outputs.reverse();
        outputs
    }
}

/// A stage as a part of its network.
pub(crate) fn ascend(
    stage: &DecoderStage,
    x: Tensor<4>,
    skips: Vec<Tensor<4>>,
    size: [usize; 2],
) -> Tensor<4> {
    let mut inputs = vec![x];
    inputs.extend(skips);
    part_all(stage, inputs, move |stage, mut inputs| {
        let x = inputs.remove(0);
        stage.forward(x, inputs, size)
    })
}
