use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::Order;
use skip_blocks::layers::{Act, Conv2d, Norm, conv, conv_norm, max_pool, norm};
use skip_blocks::seam::part;

use super::block::Block;
use super::config::ResNetConfig;
use crate::{Encode, Levels, Stem};

/// A residual network: `y = stages(stem(x))`.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to maps of the stem (before 224x224 images) and of each
/// stage, as [`EncoderFamily::levels`](crate::EncoderFamily::levels) says
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{BlockKind, Encode, EncoderFamily, ResNetConfig};
///
/// let device = Device::flex();
/// let config = ResNetConfig::new(BlockKind::Basic, vec![1, 1, 1, 1]).with_width(8);
/// let resnet = EncoderFamily::init(&config, &device);
/// let maps = resnet.features(Tensor::ones([1, 3, 65, 64], &device));
/// let shapes: Vec<_> = maps.iter().map(|map| map.dims()).collect();
/// assert_eq!(shapes[0], [1, 8, 33, 32]);
/// assert_eq!(shapes[4], [1, 64, 3, 2]);
/// ```
#[derive(Module, Debug)]
pub struct ResNet {
    /// The stem's convolution.
    pub conv1: Conv2d,
    /// The normalisation after the stem; in pre-activation networks, after the last block.
    pub bn1: Norm,
    /// The stages (torchvision's `layer1`, `layer2`, ..), each a list of blocks.
    pub stages: Vec<Vec<Block>>,
    /// Which stem this is.
    #[module(skip)]
    pub stem: Stem,
    /// Where normalisations and activations stand.
    #[module(skip)]
    pub order: Order,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

impl ResNet {
    pub(super) fn new(config: &ResNetConfig, device: &Device) -> Self {
        let last = config.out_channels(config.blocks.len().saturating_sub(1));
        let stages = config.stages();
        let stages = stages
            .iter()
            .map(|stage| stage.iter().map(|block| block.init(device)).collect());
        Self {
            conv1: config
                .stem
                .conv(config.in_channels, config.width)
                .with_bias(config.norm.wants_bias())
                .init(device),
            // Where blocks start with a normalisation, one is missing after the last.
            bn1: config.norm.init(
                match config.order {
                    Order::PostActivation => config.width,
                    Order::PreActivation => last,
                },
                device,
            ),
            stages: stages.collect(),
            stem: config.stem,
            order: config.order,
            act: config.act,
        }
    }

    fn first(&self, x: Tensor<4>) -> Tensor<4> {
        match self.order {
            Order::PostActivation => conv_norm(x, &self.conv1, &self.bn1, self.act),
            Order::PreActivation => conv(x, &self.conv1, Act::None),
        }
    }

    fn last(&self, x: Tensor<4>) -> Tensor<4> {
        match self.order {
            Order::PostActivation => x,
            Order::PreActivation => norm(x, &self.bn1, self.act),
        }
    }
}

impl Encode for ResNet {
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let mut x = self.first(x);
        if self.stem == Stem::ImageNet {
            x = max_pool(levels.pass(x), 3, 2, 1);
        }
        for (index, stage) in self.stages.iter().enumerate() {
            if index > 0 {
                x = levels.pass(x);
            }
            x = stage.iter().fold(x, |x, block| {
                part(block, [x], |block, [x]| block.forward(x))
            });
        }
        self.last(x)
    }
}
