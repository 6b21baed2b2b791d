use burn::config::Config;
use burn::tensor::Device;
use skip_blocks::layers::{Act, NormKind};
use skip_blocks::{
    BasicBlockConfig, Bottleneck, BottleneckConfig, ModifierConfig, Order, ShortcutConfig,
    ShortcutKind,
};

use crate::{Block, BlockKind, Stem};

/// Configures a [`RevNet`](super::RevNet).
#[derive(Config, Debug, PartialEq)]
pub struct RevNetConfig {
    /// The block of which each reversible block has two, without its shortcut.
    pub block: BlockKind,
    /// How many reversible blocks each stage has. All stages but the first start with a stride of 2.
    pub blocks: Vec<usize>,
    /// Planes of each stage, of both halves together: its channels, of bottlenecks a quarter of them.
    pub planes: Vec<usize>,
    /// Channels of the stem.
    pub stem_channels: usize,
    /// What stands before the first stage. Default: CIFAR.
    #[config(default = "Stem::Cifar")]
    pub stem: Stem,
    /// The short paths where a stage changes the shape. Default: projection.
    #[config(default = "ShortcutKind::Projection")]
    pub shortcut: ShortcutKind,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
    /// Stochastic depth: the probability that a sample skips the branches of the last block. That of
    /// block `l` of `L` is `l / L` of it (Huang et al. 2016, <https://arxiv.org/abs/1603.09382>,
    /// equation 4). Default: 0.
    #[config(default = 0.0)]
    pub drop_path_rate: f64,
    /// Channels of the images. Default: 3.
    #[config(default = 3)]
    pub in_channels: usize,
}

/// A reversible block, or the one that begins a stage: what each of its halves goes through.
#[derive(Clone, Copy)]
pub(super) struct Half {
    /// Channels that come in and go out.
    pub channels: [usize; 2],
    pub planes: usize,
    stride: usize,
    drop_probability: f64,
}

impl Half {
    /// Whether the block is reversible: it loses nothing.
    pub fn keeps_shape(self) -> bool {
        let [before, after] = self.channels;
        self.stride == 1 && before == after
    }
}

impl RevNetConfig {
    fn expansion(&self) -> usize {
        match self.block {
            BlockKind::Basic => 1,
            BlockKind::Bottleneck => Bottleneck::EXPANSION,
        }
    }

    /// Channels of a stage, of both halves together.
    pub(super) fn channels(&self, stage: usize) -> usize {
        self.planes[stage] * self.expansion()
    }

    /// The blocks of each stage.
    pub(super) fn stages(&self) -> Vec<Vec<Half>> {
        let all = self.blocks.iter().sum::<usize>() as f64;
        let mut channels = self.stem_channels / 2;
        let mut before = 0;
        let mut stages = vec![];
        for (stage, &blocks) in self.blocks.iter().enumerate() {
            let block = |index: usize| {
                before += 1;
                let after = self.channels(stage) / 2;
                Half {
                    channels: [std::mem::replace(&mut channels, after), after],
                    planes: self.planes[stage] / 2,
                    stride: if stage > 0 && index == 0 { 2 } else { 1 },
                    drop_probability: self.drop_path_rate * before as f64 / all,
                }
            };
            stages.push((0..blocks).map(block).collect());
        }
        stages
    }

    /// The first body of a block, or, with what came of it, the second.
    pub(super) fn body(&self, half: Half, second: bool, device: &Device) -> Block {
        let [before, after] = half.channels;
        let (before, stride) = match second {
            true => (after, 1),
            false => (before, half.stride),
        };
        let drop_probability = half.drop_probability;
        let modifiers = (drop_probability > 0.0)
            .then_some(ModifierConfig::StochasticDepth { drop_probability });
        let modifiers = modifiers.into_iter().collect();
        match self.block {
            BlockKind::Basic => Block::Basic(
                BasicBlockConfig::new(before, after)
                    .with_stride(stride)
                    .with_order(Order::PreActivation)
                    .with_shortcut(ShortcutKind::Plain)
                    .with_norm(self.norm)
                    .with_act(self.act)
                    .with_modifiers(modifiers)
                    .init(device),
            ),
            BlockKind::Bottleneck => Block::Bottleneck(
                BottleneckConfig::new(before, half.planes)
                    .with_stride(stride)
                    .with_order(Order::PreActivation)
                    .with_shortcut(ShortcutKind::Plain)
                    .with_norm(self.norm)
                    .with_act(self.act)
                    .with_modifiers(modifiers)
                    .init(device),
            ),
        }
    }

    /// The short path of each half where a stage changes the shape.
    pub(super) fn short(&self, half: Half) -> ShortcutConfig {
        let [before, after] = half.channels;
        ShortcutConfig::new(before, after)
            .with_stride(half.stride)
            .with_kind(self.shortcut)
            .with_norm(NormKind::None)
    }
}
