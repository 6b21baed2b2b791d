use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::NormFreeBlock;
use skip_blocks::layers::{Act, ScaledConv2d, act, max_pool, padded_conv, scaled_conv};
use skip_blocks::seam::part;

use super::config::NfResNetConfig;
use crate::{Encode, Levels};

/// A residual network without normalisation: `y = act(stages(pool(stem(x))))`.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to maps of the stem and of each stage, as
/// [`EncoderFamily::levels`](crate::EncoderFamily::levels) says
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{Encode, EncoderFamily, NfResNetConfig};
///
/// let device = Device::flex();
/// let config = NfResNetConfig::new(vec![1, 1]).with_width(8);
/// let maps = config.init(&device).features(Tensor::ones([1, 3, 65, 64], &device));
/// let shapes: Vec<_> = maps.iter().map(|map| map.dims()).collect();
/// assert_eq!(shapes, [[1, 8, 33, 32], [1, 32, 17, 16], [1, 64, 9, 8]]);
/// ```
#[derive(Module, Debug)]
pub struct NfResNet {
    /// The 7x7 convolution of stride 2.
    pub stem: ScaledConv2d,
    /// The stages, each a list of blocks.
    pub stages: Vec<Vec<NormFreeBlock>>,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

impl NfResNet {
    pub(super) fn new(config: &NfResNetConfig, device: &Device) -> Self {
        let stem = padded_conv(config.in_channels, config.width, 7).with_stride([2, 2]);
        let stages = config.stages();
        let stages = stages
            .iter()
            .map(|stage| stage.iter().map(|block| block.init(device)).collect());
        Self {
            stem: ScaledConv2d::new(stem, config.act.gain(), device),
            stages: stages.collect(),
            act: config.act,
        }
    }
}

impl Encode for NfResNet {
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let x = scaled_conv(x, &self.stem, Act::None);
        let mut x = max_pool(levels.pass(x), 3, 2, 1);
        for (index, stage) in self.stages.iter().enumerate() {
            if index > 0 {
                x = levels.pass(x);
            }
            x = stage.iter().fold(x, |x, block| {
                part(block, [x], |block, [x]| block.forward(x))
            });
        }
        act(x, self.act)
    }
}
