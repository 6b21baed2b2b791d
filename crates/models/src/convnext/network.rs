use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{Act, normal_conv};
use skip_blocks::seam::part;
use skip_blocks::{ConvNorm, NormConv};

use super::block::ConvNeXtBlock;
use super::config::{ConvNeXtConfig, DEVIATION, StagePlan};
use crate::{Encode, Levels};

/// A ConvNeXt: `y = stages(stem(x))`.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to a map of each stage, as
/// [`EncoderFamily::levels`](crate::EncoderFamily::levels) says
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{ConvNeXtConfig, Encode, EncoderFamily};
///
/// let device = Device::flex();
/// let convnext = ConvNeXtConfig::new(vec![1, 2], 8).init(&device);
/// let maps = convnext.features(Tensor::ones([1, 3, 33, 48], &device));
/// assert_eq!(maps[0].dims(), [1, 8, 8, 12]);
/// assert_eq!(maps[1].dims(), [1, 16, 4, 6]);
/// ```
#[derive(Module, Debug)]
pub struct ConvNeXt {
    /// From the image, in patches that do not overlap, to the first stage's input.
    pub stem: ConvNorm,
    /// The stages.
    pub stages: Vec<ConvNeXtStage>,
}

/// Blocks of one size.
#[derive(Module, Debug)]
pub struct ConvNeXtStage {
    /// What brings the map before to the stage's channels and size; none in the first.
    pub downsample: Option<NormConv>,
    /// The blocks.
    pub blocks: Vec<ConvNeXtBlock>,
}

impl ConvNeXt {
    pub(super) fn new(config: &ConvNeXtConfig, device: &Device) -> Self {
        let mut before = 0;
        let stage = |(plan, &blocks): (StagePlan, &usize)| {
            let block = |index: usize| {
                let drop_probability = config.drop_probability(before + index);
                ConvNeXtBlock::new(
                    config,
                    plan.channels,
                    plan.dilation,
                    drop_probability,
                    device,
                )
            };
            let stage = ConvNeXtStage {
                downsample: plan.downsample.map(|conv| NormConv {
                    norm: config.norm.init(plan.channels / 2, device),
                    conv: normal_conv(conv, DEVIATION, device),
                }),
                blocks: (0..blocks).map(block).collect(),
            };
            before += blocks;
            stage
        };
        Self {
            stem: ConvNorm {
                conv: normal_conv(config.patches(), DEVIATION, device),
                norm: config.norm.init(config.width, device),
            },
            stages: config
                .plan()
                .into_iter()
                .zip(&config.blocks)
                .map(stage)
                .collect(),
        }
    }
}

impl ConvNeXtStage {
    /// Applies the blocks in order.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = match &self.downsample {
            Some(downsample) => downsample.forward(x, Act::None),
            None => x,
        };
        self.blocks.iter().fold(x, |x, block| {
            part(block, [x], |block, [x]| block.forward(x))
        })
    }
}

impl Encode for ConvNeXt {
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let mut x = self.stem.forward(x, Act::None);
        for (index, stage) in self.stages.iter().enumerate() {
            if index > 0 {
                x = levels.pass(x);
            }
            x = stage.forward(x);
        }
        x
    }
}
