use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{
    Act, ConvTranspose2d, ConvTranspose2dConfig, NormKind, conv_transpose, conv3x3, fit, split,
};
use skip_blocks::seam::part_all;
use skip_blocks::{ConfigError, ConvNorm, Join, JoinKind};

use super::names;
use crate::keys::Names;
use crate::way_up::{self, Maps, Step, way_up};
use crate::{Decode, DecoderFamily, Level};

/// Configures a [`NnUNetDecoder`].
#[derive(Config, Debug, PartialEq)]
pub struct NnUNetDecoderConfig {
    /// How many convolutions each stage has. Default: 2.
    #[config(default = 2)]
    pub convolutions: usize,
    /// How the long skips are joined. Default: append.
    #[config(default = "JoinKind::Append")]
    pub join: JoinKind,
    /// The normalisation. Default: instance.
    #[config(default = "NormKind::Instance")]
    pub norm: NormKind,
    /// The activation. Default: leaky ReLU of 0.01.
    #[config(default = "Act::LeakyRelu(0.01)")]
    pub act: Act,
    /// How many smaller maps are given besides the last, for losses of their own ("Deeply-Supervised
    /// Nets", Lee et al. 2014, <https://arxiv.org/abs/1409.5185>). nnU-Net has one for each stage.
    /// Default: 0.
    #[config(default = 0)]
    pub deep_supervision: usize,
}

/// nnU-Net's way up: at each step a transposed 2x2 convolution doubles the size, the encoder's map of
/// that size is joined, and 3x3 convolutions with biases follow.
///
/// # Shapes
/// An encoder's maps to `[batch, channels, height, width]` of the image's height and width, with as
/// many channels as the encoder's largest map, and to those of smaller stages
#[derive(Module, Debug)]
pub struct NnUNetDecoder {
    /// The stages on the way up, the smallest first.
    pub stages: Vec<NnUNetDecoderStage>,
    /// Which of the encoder's maps each stage joins.
    #[module(skip)]
    pub steps: Vec<Step>,
    /// How many smaller maps are given besides the last.
    pub deep_supervision: usize,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

/// `y = act(norm(conv(join(skip, up(x)))))`, the convolution perhaps more than once.
#[derive(Module, Debug)]
pub struct NnUNetDecoderStage {
    /// Doubles the size and brings the channels to the skip's.
    pub up: ConvTranspose2d,
    /// Joins the skip.
    pub join: Join,
    /// The convolutions after it.
    pub convs: Vec<ConvNorm>,
}

impl NnUNetDecoderConfig {
    /// Each step, with the channels that come in and go out.
    fn stages(&self, levels: &[Level]) -> Vec<(Step, [usize; 2])> {
        let mut below = levels.last().map_or(0, |last| last.channels);
        let stage = |step: Step| {
            let channels = match step.skip_channels {
                0 => below.div_ceil(2),
                skip => skip,
            };
            (step, [std::mem::replace(&mut below, channels), channels])
        };
        way_up(levels).into_iter().map(stage).collect()
    }

    fn stage(
        &self,
        step: &Step,
        [below, channels]: [usize; 2],
        device: &Device,
    ) -> NnUNetDecoderStage {
        let join = match step.skip {
            Some(_) => self.join,
            None => JoinKind::None,
        };
        let joined = join.out_channels(step.skip_channels, channels);
        let conv = |index| {
            let from = if index == 0 { joined } else { channels };
            let conv = conv3x3(from, channels).with_bias(true);
            ConvNorm::new(conv, self.norm, device)
        };
        NnUNetDecoderStage {
            up: ConvTranspose2dConfig::new([below, channels], [2, 2])
                .with_stride([2, 2])
                .init(device),
            join: join.init(step.skip_channels, channels, device),
            convs: (0..self.convolutions).map(conv).collect(),
        }
    }
}

impl DecoderFamily for NnUNetDecoderConfig {
    type Network = NnUNetDecoder;

    fn outputs(&self, levels: &[Level]) -> Vec<Level> {
        let stages = self.stages(levels).into_iter().rev();
        let outputs = stages.map(|(step, [_, channels])| Level {
            channels,
            reduction: step.reduction,
        });
        outputs.take(1 + self.deep_supervision).collect()
    }

    fn carries_skips(&self) -> bool {
        self.join != JoinKind::None
    }

    fn whole_name(&self, levels: &[Level], path: &str) -> Option<String> {
        names::head(levels, path)
    }

    fn also_called(&self, name: &str) -> Vec<String> {
        names::again(name)
    }

    fn names(&self) -> Names {
        names::DECODER
    }

    fn check(&self, levels: &[Level]) -> Result<(), ConfigError> {
        check::positive("convolutions", self.convolutions)?;
        way_up::check("nnU-Net's decoder", levels)?;
        let stages = self.stages(levels);
        ensure!(
            self.deep_supervision < stages.len(),
            "deep_supervision = {}: must be below {}, the number of stages",
            self.deep_supervision,
            stages.len()
        );
        stages
            .iter()
            .try_for_each(|(_, [_, channels])| self.norm.check(*channels))
    }

    fn init(&self, levels: &[Level], device: &Device) -> NnUNetDecoder {
        check::or_panic(self.check(levels));
        let stages = self.stages(levels).into_iter();
        let (stages, steps) = stages
            .map(|(step, channels)| (self.stage(&step, channels, device), step))
            .unzip();
        NnUNetDecoder {
            stages,
            steps,
            deep_supervision: self.deep_supervision,
            act: self.act,
        }
    }
}

impl Decode for NnUNetDecoder {
    fn forward(&self, maps: Vec<Tensor<4>>, image: [usize; 2]) -> Vec<Tensor<4>> {
        let mut maps = Maps::new(maps, image);
        let mut x = maps.last();
        let mut outputs = vec![];
        let act = self.act;
        for (index, (stage, step)) in self.stages.iter().zip(&self.steps).enumerate() {
            let (skip, size) = maps.at(step);
            let mut inputs = vec![x];
            inputs.extend(skip);
            x = part_all(stage, inputs, move |stage, mut inputs| {
                let x = inputs.remove(0);
                stage.forward(x, inputs, size, act)
            });
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

impl NnUNetDecoderStage {
    fn forward(
        &self,
        x: Tensor<4>,
        skips: Vec<Tensor<4>>,
        size: [usize; 2],
        act: Act,
    ) -> Tensor<4> {
        let x = fit(conv_transpose(x, &self.up), size);
        let x = self.join.forward(skips, x);
        self.convs.iter().fold(x, |x, conv| conv.forward(x, act))
    }
}
