use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{Act, Norm, conv, conv_norm, norm, scale_shift, standardized};
use skip_blocks::seam::{part, part_all};
use skip_blocks::{AntiAliasing, ConnectionKind, DepthAverage, Order, Shortcut};

use super::block::Block;
use super::config::ResNetConfig;
use super::stem_pool::{PoolingConv, StemPool};
use crate::{Encode, Levels, Stem, StemConv};

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
    /// The stem's convolution, or convolutions.
    pub conv1: StemConv,
    /// The normalisation after the stem; in pre-activation networks, after the last block.
    pub bn1: Norm,
    /// What the stem's pooling learns, if anything.
    pub maxpool: Option<PoolingConv>,
    /// The stages (torchvision's `layer1`, `layer2`, ..), each a list of blocks.
    pub stages: Vec<Vec<Block>>,
    /// With depth-weighted averages, that after each block.
    pub averages: Vec<DepthAverage>,
    /// What brings maps from before each stage to its shape, for these.
    pub carries: Vec<Shortcut>,
    /// With Fixup, what is added to the last map, `[1]`.
    pub last_bias: Option<Param<Tensor<1>>>,
    /// Which stem this is.
    #[module(skip)]
    pub stem: Stem,
    /// What halves its map.
    #[module(skip)]
    pub stem_pool: StemPool,
    /// What takes strides over from the convolutions.
    #[module(skip)]
    pub anti_aliasing: AntiAliasing,
    /// With which epsilon the convolutions' weights are standardised, if they are.
    #[module(skip)]
    pub weight_standardization: Option<f64>,
    /// How branches are connected to what passes them.
    #[module(skip)]
    pub connection: ConnectionKind,
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
        let averaged = if config.depth_average {
            config.all_blocks()
        } else {
            0
        };
        let carries = config.carries().into_iter();
        let carries = carries.filter(|_| config.depth_average);
        let stem_channels = config.stem_channels();
        let norm = config.norm;
        Self {
            conv1: config
                .stem
                .init(config.in_channels, stem_channels, norm, device),
            // Where blocks start with a normalisation, one is missing after the last.
            bn1: norm.init(
                match config.order {
                    Order::PostActivation => stem_channels,
                    Order::PreActivation => last,
                },
                device,
            ),
            maxpool: config.stem_pool.init(stem_channels, norm, device),
            stages: stages.collect(),
            averages: (1..=averaged)
                .map(|block| DepthAverage::new(block + 1, device))
                .collect(),
            carries: carries.filter_map(|carry| carry.init(device)).collect(),
            last_bias: config
                .fixup
                .then(|| Param::from_tensor(Tensor::zeros([1], device))),
            stem: config.stem,
            stem_pool: config.stem_pool,
            anti_aliasing: config.anti_aliasing,
            weight_standardization: config.weight_standardization,
            connection: config.connection,
            order: config.order,
            act: config.act,
        }
    }

    fn first(&self, x: Tensor<4>) -> Tensor<4> {
        let stem = match self.weight_standardization {
            Some(epsilon) => &standardized(self.conv1.clone(), epsilon),
            None => &self.conv1,
        };
        let (x, conv1) = stem.up_to_last(x, self.act);
        match self.order {
            Order::PostActivation => conv_norm(x, conv1, &self.bn1, self.act),
            Order::PreActivation => conv(x, conv1, Act::None),
        }
    }

    fn pool(&self, x: Tensor<4>) -> Tensor<4> {
        self.stem_pool
            .forward(x, &self.maxpool, self.anti_aliasing, self.act)
    }

    fn block(&self, block: &Block, x: Tensor<4>) -> Tensor<4> {
        match self.weight_standardization {
            Some(epsilon) => part(block, [x], move |block, [x]| {
                standardized(block.clone(), epsilon).forward(x)
            }),
            None => part(block, [x], |block, [x]| block.forward(x)),
        }
    }

    fn last(&self, x: Tensor<4>) -> Tensor<4> {
        let x = match self.order {
            Order::PostActivation => x,
            Order::PreActivation => norm(x, &self.bn1, self.act),
        };
        match &self.last_bias {
            Some(bias) => scale_shift(x, None, Some(bias.val()), Act::None),
            None => x,
        }
    }
}

impl ResNet {
    /// The blocks of a stage. `earlier` is what the blocks before gave, and the stem, where each
    /// block is followed by a sum over them.
    fn stage(&self, index: usize, mut x: Tensor<4>, earlier: &mut Vec<Tensor<4>>) -> Tensor<4> {
        let blocks = self.stages[index].iter();
        let Some(carry) = self.carries.get(index) else {
            return blocks.fold(x, |x, block| self.block(block, x));
        };
        for map in earlier.iter_mut() {
            *map = carry.forward(map.clone());
        }
        for block in blocks {
            let average = &self.averages[earlier.len() - 1];
            earlier.push(self.block(block, x));
            x = part_all(average, earlier.clone(), |average, maps| {
                average.forward(maps)
            });
        }
        x
    }

    /// A map between stages, which others may want: the mean of several streams.
    fn pass(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        if self.connection.streams() == 1 {
            return levels.pass(x);
        }
        if levels.wanted() {
            levels.give(self.connection.close(x.clone()));
        }
        x
    }
}

impl Encode for ResNet {
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let mut x = self.first(x);
        if self.stem.pools() {
            x = self.pool(levels.pass(x));
        }
        let mut earlier = match self.averages.is_empty() {
            true => vec![],
            false => vec![x.clone()],
        };
        x = self.connection.open(x);
        for index in 0..self.stages.len() {
            if index > 0 {
                x = self.pass(x, levels);
            }
            x = self.stage(index, x, &mut earlier);
        }
        self.last(self.connection.close(x))
    }
}
