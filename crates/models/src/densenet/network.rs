use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{Act, Norm, NormKind, conv, conv_norm, max_pool, norm};
use skip_blocks::{DenseBlock, Transition};

use super::config::DenseNetConfig;
use crate::{Encode, Levels, Stem, StemConv};

/// A dense network: dense blocks with transitions between them, `y = act(norm(blocks(stem(x))))`.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to maps of the stem (before 224x224 images) and of each
/// block, as [`EncoderFamily::levels`](crate::EncoderFamily::levels) says
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{DenseNetConfig, Encode, EncoderFamily};
///
/// let device = Device::flex();
/// let densenet = DenseNetConfig::cifar_bc(40, 12).init(&device);
/// let maps = densenet.features(Tensor::ones([1, 3, 33, 32], &device));
/// let sizes: Vec<_> = maps.iter().map(|map| [map.dims()[2], map.dims()[3]]).collect();
/// assert_eq!(sizes, [[33, 32], [16, 16], [8, 8]]);
/// ```
#[derive(Module, Debug)]
pub struct DenseNet {
    /// The stem's convolution, or convolutions.
    pub conv0: StemConv,
    /// The stem's normalisation; none before 32x32 images, where the first layer brings its own.
    pub norm0: Norm,
    /// The dense blocks.
    pub blocks: Vec<DenseBlock>,
    /// What stands between them.
    pub transitions: Vec<Transition>,
    /// The last normalisation.
    pub norm: Norm,
    /// Which stem this is.
    #[module(skip)]
    pub stem: Stem,
    /// The activation.
    #[module(skip)]
    pub act: Act,
    /// The activation after the last normalisation.
    #[module(skip)]
    pub last_act: Act,
}

impl DenseNet {
    pub(super) fn new(config: &DenseNetConfig, device: &Device) -> Self {
        let stages = config.stages();
        let last = stages.last().map_or(0, |(block, _)| block.out_channels());
        let norm0 = match config.stem.pools() {
            true => config.norm,
            false => NormKind::None,
        };
        Self {
            conv0: config.stem.init(
                config.in_channels,
                config.stem_channels,
                config.norm,
                device,
            ),
            norm0: norm0.init(config.stem_channels, device),
            blocks: stages.iter().map(|(block, _)| block.init(device)).collect(),
            transitions: stages
                .iter()
                .filter_map(|(_, transition)| Some(transition.as_ref()?.init(device)))
                .collect(),
            norm: config.norm.init(last, device),
            stem: config.stem,
            act: config.act,
            last_act: config.last_act.unwrap_or(config.act),
        }
    }

    fn first(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let (x, conv0) = self.conv0.up_to_last(x, self.act);
        match self.stem.pools() {
            true => {
                let x = conv_norm(x, conv0, &self.norm0, self.act);
                max_pool(levels.pass(x), 3, 2, 1)
            }
            false => conv(x, conv0, Act::None),
        }
    }
}

impl Encode for DenseNet {
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let mut x = self.first(x, levels);
        for (index, block) in self.blocks.iter().enumerate() {
            x = block.forward(x);
            match self.transitions.get(index) {
                Some(transition) if levels.wanted() => {
                    let (skip, down) = transition.forward_with_skip(x);
                    levels.give(skip);
                    x = down;
                }
                Some(transition) => x = transition.forward(x),
                None => {}
            }
        }
        norm(x, &self.norm, self.last_act)
    }
}
