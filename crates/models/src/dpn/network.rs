use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{Act, Norm, act, max_pool, norm, split};
use skip_blocks::seam::part;
use skip_blocks::{ConvNorm, DualPath};

use super::config::{DpnConfig, EPSILON};
use crate::{Encode, Levels};

/// A dual path network: `y = act(norm(stages(stem(x))))`.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to maps of the stem and of each stage, as
/// [`EncoderFamily::levels`](crate::EncoderFamily::levels) says
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{DpnConfig, Encode, EncoderFamily};
///
/// let device = Device::flex();
/// let config = DpnConfig::new(vec![2, 1], vec![4, 8], 8, 2, 6).with_residual(16);
/// let maps = config.init(&device).features(Tensor::ones([1, 3, 33, 48], &device));
/// let dims: Vec<_> = maps.iter().map(|map| map.dims()).collect();
/// assert_eq!(dims, [[1, 6, 17, 24], [1, 16 + 4 * 4, 9, 12], [1, 32 + 3 * 8, 5, 6]]);
/// ```
#[derive(Module, Debug)]
pub struct Dpn {
    /// The stem's convolution.
    pub stem: ConvNorm,
    /// The stages, each a list of blocks.
    pub stages: Vec<Vec<DualPath>>,
    /// The last normalisation.
    pub norm: Norm,
    /// The activation of the blocks.
    #[module(skip)]
    pub act: Act,
    /// The activation of the stem, and after the last block.
    #[module(skip)]
    pub outer_act: Act,
}

impl Dpn {
    pub(super) fn new(config: &DpnConfig, device: &Device) -> Self {
        let stages = config.stages();
        let last = stages.iter().flatten().last();
        let last = last.map_or(0, |block| block.out_channels());
        let norm = |channels| config.norm.init(channels, device).with_epsilon(EPSILON);
        let stages = stages
            .iter()
            .map(|stage| stage.iter().map(|block| block.init(device)).collect());
        Self {
            stem: ConvNorm {
                conv: config.stem().init(device),
                norm: norm(config.stem_channels),
            },
            stages: stages.collect(),
            norm: norm(last),
            act: config.act,
            outer_act: config.outer_act,
        }
    }

    /// A map on which the network goes on without the activation that others get.
    fn pass(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        if !levels.wanted() {
            return x;
        }
        let [skip, x] = split(x);
        levels.give(act(skip, self.act));
        x
    }
}

impl Encode for Dpn {
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let x = self.stem.forward(x, self.outer_act);
        let mut x = max_pool(levels.pass(x), 3, 2, 1);
        for (index, stage) in self.stages.iter().enumerate() {
            if index > 0 {
                x = self.pass(x, levels);
            }
            x = stage.iter().fold(x, |x, block| {
                part(block, [x], |block, [x]| block.forward(x))
            });
        }
        norm(x, &self.norm, self.outer_act)
    }
}
