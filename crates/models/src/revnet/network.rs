use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{Act, Norm, add, concat, conv_norm, max_pool, norm, split};
use skip_blocks::seam::part;
use skip_blocks::{Reversible, Shortcut, halves, reversible};

use super::config::{Half, RevNetConfig};
use crate::{Block, Encode, Levels, Stem, StemConv};

/// A reversible residual network: a stem, stages of [`Reversible`] blocks, whose bodies are
/// pre-activation blocks without shortcuts, and a last normalisation.
///
/// Where a stage changes the shape, its first block is an ordinary one, with a short path for each
/// half, since no input follows from a smaller output. In training on the flex backend nothing is
/// kept inside the other blocks: see [`reversible`].
///
/// # Shapes
/// `[batch, in_channels, height, width]` to maps of the stem (before large images) and of each
/// stage, as [`EncoderFamily::levels`](crate::EncoderFamily::levels) says
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{BlockKind, Encode, EncoderFamily, RevNetConfig};
///
/// let device = Device::flex();
/// let config = RevNetConfig::new(BlockKind::Basic, vec![2, 2], vec![8, 12], 8);
/// let maps = config.init(&device).features(Tensor::ones([1, 3, 33, 32], &device));
/// assert_eq!(maps[0].dims(), [1, 8, 33, 32]);
/// assert_eq!(maps[1].dims(), [1, 12, 17, 16]);
/// ```
#[derive(Module, Debug)]
pub struct RevNet {
    /// The stem's convolution, or convolutions.
    pub conv1: StemConv,
    /// The normalisation after the stem.
    pub bn1: Norm,
    /// The stages.
    pub stages: Vec<RevStage>,
    /// The normalisation after the last block.
    pub norm: Norm,
    /// Which stem this is.
    #[module(skip)]
    pub stem: Stem,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

/// Blocks of one size.
#[derive(Module, Debug)]
pub struct RevStage {
    /// What brings the map before to the stage's shape, if it has another.
    pub first: Option<RevTransition>,
    /// The reversible blocks.
    pub blocks: Vec<Reversible<Block>>,
}

/// A block that changes the shape: `y1 = S1(x1) + F(x2)`, `y2 = S2(x2) + G(y1)`.
#[derive(Module, Debug)]
pub struct RevTransition {
    /// Of the second half, with the stride.
    pub f: Block,
    /// Of the new first half.
    pub g: Block,
    /// The short path of the first half.
    pub shortcut1: Option<Shortcut>,
    /// The short path of the second half.
    pub shortcut2: Option<Shortcut>,
}

impl RevNet {
    pub(super) fn new(config: &RevNetConfig, device: &Device) -> Self {
        let stages = config.stages();
        let last = stages.last().and_then(|stage| stage.last());
        let channels = last.map_or(0, |half| 2 * half.channels[1]);
        Self {
            conv1: config.stem.init(
                config.in_channels,
                config.stem_channels,
                config.norm,
                device,
            ),
            bn1: config.norm.init(config.stem_channels, device),
            norm: config.norm.init(channels, device),
            stages: stages
                .into_iter()
                .map(|stage| RevStage::new(config, &stage, device))
                .collect(),
            stem: config.stem,
            act: config.act,
        }
    }
}

impl RevStage {
    fn new(config: &RevNetConfig, stage: &[Half], device: &Device) -> Self {
        let bodies = |half: Half| [false, true].map(|second| config.body(half, second, device));
        let transition = |half: Half| {
            let [f, g] = bodies(half);
            RevTransition {
                f,
                g,
                shortcut1: config.short(half).init(device),
                shortcut2: config.short(half).init(device),
            }
        };
        let first = stage.first().filter(|half| !half.keeps_shape());
        let block = |half: &Half| {
            let [f, g] = bodies(*half);
            Reversible { f, g }
        };
        Self {
            first: first.copied().map(transition),
            blocks: stage
                .iter()
                .skip(usize::from(first.is_some()))
                .map(block)
                .collect(),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = match &self.first {
            Some(first) => part(first, [x], |first, [x]| first.forward(x)),
            None => x,
        };
        reversible(&self.blocks, x, Block::forward)
    }
}

impl RevTransition {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let short = |shortcut: &Option<Shortcut>, x| match shortcut {
            Some(shortcut) => shortcut.forward(x),
            None => x,
        };
        let [x1, x2] = halves(x);
        let [x2, x] = split(x2);
        let y1 = add(self.f.forward(x), short(&self.shortcut1, x1), Act::None);
        let [y1, y] = split(y1);
        let y2 = add(self.g.forward(y), short(&self.shortcut2, x2), Act::None);
        concat(vec![y1, y2])
    }
}

impl Encode for RevNet {
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let (x, conv1) = self.conv1.up_to_last(x, self.act);
        let mut x = conv_norm(x, conv1, &self.bn1, self.act);
        if self.stem.pools() {
            x = max_pool(levels.pass(x), 3, 2, 1);
        }
        for (index, stage) in self.stages.iter().enumerate() {
            if index > 0 {
                x = levels.pass(x);
            }
            x = stage.forward(x);
        }
        norm(x, &self.norm, self.act)
    }
}
