use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{Act, NormKind, split};
use skip_blocks::seam::part;
use skip_blocks::{
    ConfigError, ConvPadding, DecoderStage, DecoderStageConfig, JoinKind, Upsampling,
};

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
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
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
    pub skips: Vec<Option<usize>>,
    /// How many smaller maps are given besides the last.
    pub deep_supervision: usize,
}

/// A step on the way up.
struct Step {
    /// The place of the map that is joined, in the encoder's list.
    skip: Option<usize>,
    stage: DecoderStageConfig,
    /// How many times smaller than the image its result is.
    reduction: usize,
}

impl UNetDecoderConfig {
    fn steps(&self, levels: &[Level]) -> Vec<Step> {
        let Some(last) = levels.last() else {
            return vec![];
        };
        let reductions = (0..last.reduction.ilog2()).rev().map(|power| 1 << power);
        let reductions: Vec<usize> = reductions.collect();
        let mut below = last.channels;
        let step = |(index, &reduction): (usize, &usize)| {
            let skip = levels
                .iter()
                .rposition(|level| level.reduction == reduction);
            let skip_channels = skip.map_or(0, |skip| levels[skip].channels);
            let out_channels = match &self.channels {
                Some(channels) => {
                    let last = channels.len().saturating_sub(reductions.len());
                    channels.get(last + index).copied().unwrap_or(0)
                }
                None if skip_channels == 0 => below.div_ceil(2),
                None => skip_channels,
            };
            let stage = DecoderStageConfig::new(below, skip_channels, out_channels)
                .with_upsampling(self.upsampling)
                .with_join(self.join)
                .with_padding(self.padding)
                .with_norm(self.norm)
                .with_act(self.act);
            below = out_channels;
            Step {
                skip,
                stage,
                reduction,
            }
        };
        reductions.iter().enumerate().map(step).collect()
    }
}

impl DecoderFamily for UNetDecoderConfig {
    type Network = UNetDecoder;

    fn outputs(&self, levels: &[Level]) -> Vec<Level> {
        let steps = self.steps(levels).into_iter().rev();
        let outputs = steps.take(1 + self.deep_supervision).map(|step| Level {
            channels: step.stage.out_channels,
            reduction: step.reduction,
        });
        outputs.collect()
    }

    fn size(&self, levels: &[Level], sizes: &[usize], image: usize) -> Option<usize> {
        if self.padding == ConvPadding::Same {
            return Some(image);
        }
        let mut size = *sizes.last()?;
        for step in self.steps(levels) {
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

    fn check(&self, levels: &[Level]) -> Result<(), ConfigError> {
        let steps = self.steps(levels);
        ensure!(
            !steps.is_empty(),
            "levels = {levels:?}: a U-Net's decoder needs an encoder whose last map is smaller than \
             the image"
        );
        if let Some(channels) = &self.channels {
            ensure!(
                channels.len() >= steps.len() && channels.iter().all(|&channels| channels > 0),
                "channels = {channels:?}: must be one for each of {} stages, none 0",
                steps.len()
            );
        }
        ensure!(
            self.deep_supervision < steps.len(),
            "deep_supervision = {}: must be below {}, the number of stages",
            self.deep_supervision,
            steps.len()
        );
        steps.iter().try_for_each(|step| step.stage.check())
    }

    fn init(&self, levels: &[Level], device: &Device) -> UNetDecoder {
        check::or_panic(self.check(levels));
        let steps = self.steps(levels);
        UNetDecoder {
            stages: steps.iter().map(|step| step.stage.init(device)).collect(),
            skips: steps.iter().map(|step| step.skip).collect(),
            deep_supervision: self.deep_supervision,
        }
    }
}

impl Decode for UNetDecoder {
    fn forward(&self, mut maps: Vec<Tensor<4>>, image: [usize; 2]) -> Vec<Tensor<4>> {
        let mut x = maps.pop().expect("an encoder gives a map");
        let mut maps: Vec<_> = maps.into_iter().map(Some).collect();
        let mut outputs = vec![];
        for (index, stage) in self.stages.iter().enumerate() {
            let above = self.stages.len() - 1 - index;
            let skip = self.skips[index].and_then(|skip| maps[skip].take());
            x = match skip {
                Some(skip) => part(stage, [x, skip], |stage, [x, skip]| {
                    let size = [skip.dims()[2], skip.dims()[3]];
                    stage.forward(x, Some(skip), size)
                }),
                None => {
                    let size = image.map(|size| size.div_ceil(1 << above));
                    part(stage, [x], move |stage, [x]| stage.forward(x, None, size))
                }
            };
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
