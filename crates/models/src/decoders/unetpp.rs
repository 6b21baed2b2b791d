//! U-Net++: the long skips pass through stages of their own.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::NormKind;
use skip_blocks::{ConfigError, DecoderStage, DecoderStageConfig, JoinKind, Upsampling};

use crate::keys::Names;
use crate::unet::ascend;
use crate::variant::FOREGROUND;
use crate::way_up::{self, Maps, Step, share, way_up};
use crate::{Decode, DecoderFamily, EncoderConfig, Level, ModelConfig};

/// Configures a [`UNetPlusPlusDecoder`].
#[derive(Config, Debug, PartialEq)]
pub struct UNetPlusPlusDecoderConfig {
    /// Channels of the last stage of each size, the smallest first. Where there are more than sizes,
    /// the last ones hold. Default: 256, 128, 64, 32, 16.
    #[config(default = "vec![256, 128, 64, 32, 16]")]
    pub channels: Vec<usize>,
    /// How the maps of one size are joined. Default: append.
    #[config(default = "JoinKind::Append")]
    pub join: JoinKind,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// How many of the largest skips' own stages are given besides the last map, for losses of their
    /// own (section 3.2 of the paper). Default: 0.
    #[config(default = 0)]
    pub deep_supervision: usize,
}

/// U-Net++'s way up: between an encoder's map and the last stage of its size stand more stages, each
/// of which joins all before it: `x[i][j] = H([up(x[i+1][j-1]), x[i][j-1], .., x[i][0]])`, where
/// `x[i][0]` is the encoder's map of size `i`.
///
/// "UNet++: A Nested U-Net Architecture for Medical Image Segmentation" (Zhou et al. 2018,
/// <https://arxiv.org/abs/1807.10165>), figure 1, with the widths of segmentation_models.pytorch. A
/// size at which the encoder has no map has the last stage alone.
///
/// # Shapes
/// An encoder's maps to `[batch, channels, height, width]` of the image's height and width
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::create;
///
/// let device = Device::flex();
/// let model = create("unetpp-resnet10_w16")?.init(&device);
/// let answers = model.forward(Tensor::ones([1, 3, 45, 64], &device));
/// assert_eq!(answers[0].dims(), [1, 1, 45, 64]);
/// # Ok::<(), models::ModelError>(())
/// ```
#[derive(Module, Debug)]
pub struct UNetPlusPlusDecoder {
    /// The stages of each size, the smallest first. A row's first is its last to be run.
    pub rows: Vec<Vec<DecoderStage>>,
    /// Which of the encoder's maps each row joins.
    #[module(skip)]
    pub steps: Vec<Step>,
    /// How many maps are given besides the last.
    pub deep_supervision: usize,
}

const NAMES: Names = &[
    ("rows.#.#.conv.conv1", "blocks.x_{1}_{0}.conv1.0"),
    ("rows.#.#.conv.bn1", "blocks.x_{1}_{0}.conv1.1"),
    ("rows.#.#.conv.conv2", "blocks.x_{1}_{0}.conv2.0"),
    ("rows.#.#.conv.bn2", "blocks.x_{1}_{0}.conv2.1"),
    ("rows.#.#", "blocks.x_{1}_{0}"),
    ("head.conv", "segmentation_head.0"),
    ("auxiliary.#.conv", "auxiliary.{0}"),
];

impl UNetPlusPlusDecoderConfig {
    /// The stages of each size. The one at place `j` stands on the stage at place `j` of the row
    /// below, or on the encoder's map there if it is the last; so place 0 is the last to be run.
    fn rows(&self, levels: &[Level]) -> Vec<(Step, Vec<DecoderStageConfig>)> {
        let steps = way_up(levels);
        let count = steps.len();
        // Channels of the row below, the encoder's map last.
        let mut below: Vec<usize> = levels
            .last()
            .map(|last| last.channels)
            .into_iter()
            .collect();
        let row = |(index, step): (usize, Step)| {
            let last = self.channels.len().saturating_sub(count);
            let out_channels = self.channels.get(last + index).copied().unwrap_or(0);
            // Without a map of the encoder's there is nothing to pass on.
            let places = match step.skip {
                Some(_) => below.len(),
                None => 1,
            };
            let stage = |place: usize| {
                let joined = step.skip_channels * (places - place);
                let channels = match place {
                    0 => out_channels,
                    _ => step.skip_channels,
                };
                DecoderStageConfig::new(below[place], joined, channels)
                    .with_upsampling(Upsampling::Repeat)
                    .with_join(self.join)
                    .with_norm(self.norm)
            };
            let stages: Vec<_> = (0..places).map(stage).collect();
            below = stages.iter().map(|stage| stage.out_channels).collect();
            below.extend(step.skip.map(|_| step.skip_channels));
            (step, stages)
        };
        steps.into_iter().enumerate().map(row).collect()
    }
}

impl DecoderFamily for UNetPlusPlusDecoderConfig {
    type Network = UNetPlusPlusDecoder;

    fn outputs(&self, levels: &[Level]) -> Vec<Level> {
        let rows = self.rows(levels);
        let output = |step: &Step, stage: &DecoderStageConfig| Level {
            channels: stage.out_channels,
            reduction: step.reduction,
        };
        let answer = rows.last().map(|(step, row)| output(step, &row[0]));
        let largest = rows.iter().rfind(|(step, _)| step.skip.is_some());
        let others = largest.into_iter().flat_map(|(step, row)| {
            let row = row[1..].iter().take(self.deep_supervision);
            row.map(|stage| output(step, stage))
        });
        answer.into_iter().chain(others).collect()
    }

    fn carries_skips(&self) -> bool {
        self.join != JoinKind::None
    }

    fn names(&self) -> Names {
        NAMES
    }

    fn check(&self, levels: &[Level]) -> Result<(), ConfigError> {
        way_up::check("U-Net++'s decoder", levels)?;
        let rows = self.rows(levels);
        ensure!(
            self.channels.len() >= rows.len() && self.channels.iter().all(|&channels| channels > 0),
            "channels = {:?}: must be one for each of {} sizes, none 0",
            self.channels,
            rows.len()
        );
        ensure!(
            matches!(
                self.join,
                JoinKind::Append | JoinKind::Concat | JoinKind::None
            ),
            "join = {:?}: must be append, concat or none, which join any number of maps",
            self.join
        );
        let most = self
            .clone()
            .with_deep_supervision(usize::MAX)
            .outputs(levels)
            .len()
            - 1;
        ensure!(
            self.deep_supervision <= most,
            "deep_supervision = {}: must be at most {most}, the stages of the largest skip",
            self.deep_supervision
        );
        let mut stages = rows.iter().flat_map(|(_, row)| row);
        stages.try_for_each(DecoderStageConfig::check)
    }

    fn init(&self, levels: &[Level], device: &Device) -> UNetPlusPlusDecoder {
        check::or_panic(self.check(levels));
        let row = |(step, row): (Step, Vec<DecoderStageConfig>)| {
            let row = row.iter().map(|stage| stage.init(device)).collect();
            (row, step)
        };
        let (rows, steps) = self.rows(levels).into_iter().map(row).unzip();
        UNetPlusPlusDecoder {
            rows,
            steps,
            deep_supervision: self.deep_supervision,
        }
    }
}

impl Decode for UNetPlusPlusDecoder {
    fn forward(&self, maps: Vec<Tensor<4>>, image: [usize; 2]) -> Vec<Tensor<4>> {
        let mut maps = Maps::new(maps, image);
        let largest = self.steps.iter().rposition(|step| step.skip.is_some());
        let mut below = vec![maps.last()];
        let mut others = vec![];
        for (index, (row, step)) in self.rows.iter().zip(&self.steps).enumerate() {
            let (skip, size) = maps.at(step);
            let mut done: Vec<_> = skip.into_iter().collect();
            below.truncate(row.len());
            for stage in row.iter().rev() {
                let x = below.pop().expect("a map below each stage");
                let skips = done.iter_mut().map(share).collect();
                done.insert(0, ascend(stage, x, skips, size));
            }
            if largest == Some(index) {
                let supervised = done[1..].iter_mut().take(self.deep_supervision);
                others.extend(supervised.map(share));
            }
            below = done;
        }
        below.truncate(1);
        below.extend(others);
        below
    }
}

/// On any encoder, as segmentation_models.pytorch has it.
pub(crate) fn on(encoder: EncoderConfig) -> ModelConfig {
    let decoder = UNetPlusPlusDecoderConfig::new();
    ModelConfig::segmenter(encoder, decoder, FOREGROUND).with_head_kernel(3)
}
