use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{Act, ConvTranspose2d, Norm, NormKind, conv_transpose, fit, norm};
use skip_blocks::seam::part_all;
use skip_blocks::{ConfigError, Join, JoinKind};

use super::names;
use super::unit::{ConvPRelu, up_conv};
use crate::keys::Names;
use crate::way_up::{self, Maps, Step, way_up};
use crate::{Decode, DecoderFamily, Level};

/// Configures a [`MonaiAttentionDecoder`].
#[derive(Config, Debug, PartialEq)]
pub struct MonaiAttentionDecoderConfig {
    /// How the long skips are joined. Default: attention concat.
    #[config(default = "JoinKind::AttentionConcat")]
    pub join: JoinKind,
}

/// The way up of MONAI's `AttentionUnet`: at each step a transposed convolution doubles the size, and
/// the encoder's map of that size is joined through an
/// [`AttentionGate`](skip_blocks::AttentionGate).
///
/// "Attention U-Net: Learning Where to Look for the Pancreas" (Oktay et al. 2018,
/// <https://arxiv.org/abs/1804.03999>).
///
/// # Shapes
/// An encoder's maps to `[batch, channels, height, width]` of the largest of them
#[derive(Module, Debug)]
pub struct MonaiAttentionDecoder {
    /// The stages on the way up, the smallest first.
    pub stages: Vec<AttentionStage>,
    /// Which of the encoder's maps each stage joins.
    #[module(skip)]
    pub steps: Vec<Step>,
}

/// `y = merge(join(skip, relu(bn(up(x)))))`
#[derive(Module, Debug)]
pub struct AttentionStage {
    /// Doubles the size and brings the channels to the skip's.
    pub up: ConvTranspose2d,
    /// Its normalisation.
    pub up_norm: Norm,
    /// Joins the skip.
    pub join: Join,
    /// Brings the joined maps to the skip's channels.
    pub merge: ConvPRelu,
}

impl MonaiAttentionDecoderConfig {
    fn stage(&self, channels: usize, below: usize, device: &Device) -> AttentionStage {
        let joined = self.join.out_channels(channels, channels);
        AttentionStage {
            up: up_conv([below, channels], device),
            up_norm: NormKind::Batch.init(channels, device),
            join: self.join.init(channels, channels, device),
            merge: ConvPRelu::new([joined, channels], 1, NormKind::PlainInstance, device),
        }
    }
}

impl DecoderFamily for MonaiAttentionDecoderConfig {
    type Network = MonaiAttentionDecoder;

    fn outputs(&self, levels: &[Level]) -> Vec<Level> {
        let largest = way_up(levels).pop();
        let output = largest.map(|step| Level {
            channels: step.skip_channels,
            reduction: step.reduction,
        });
        output.into_iter().collect()
    }

    fn carries_skips(&self) -> bool {
        self.join != JoinKind::None
    }

    fn whole_name(&self, levels: &[Level], path: &str) -> Option<String> {
        names::attention(levels, path)
    }

    fn names(&self) -> Names {
        &[]
    }

    fn check(&self, levels: &[Level]) -> Result<(), ConfigError> {
        way_up::check("MONAI's decoder", levels)?;
        ensure!(
            way_up(levels).iter().all(|step| step.skip.is_some()),
            "levels = {levels:?}: MONAI's decoder needs a map of each size up to the image's"
        );
        Ok(())
    }

    fn init(&self, levels: &[Level], device: &Device) -> MonaiAttentionDecoder {
        check::or_panic(self.check(levels));
        let steps = way_up(levels);
        let mut below = levels.last().map_or(0, |last| last.channels);
        let stage = |step: &Step| {
            let channels = step.skip_channels;
            self.stage(channels, std::mem::replace(&mut below, channels), device)
        };
        MonaiAttentionDecoder {
            stages: steps.iter().map(stage).collect(),
            steps,
        }
    }
}

impl Decode for MonaiAttentionDecoder {
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

impl AttentionStage {
    fn forward(&self, x: Tensor<4>, skips: Vec<Tensor<4>>, size: [usize; 2]) -> Tensor<4> {
        let x = norm(conv_transpose(x, &self.up), &self.up_norm, Act::Relu);
        let x = self.join.forward(skips, fit(x, size));
        self.merge.forward(x)
    }
}
