use burn::config::Config;
use serde::{Deserialize, Serialize};
use skip_blocks::layers::{Act, NormKind};
use skip_blocks::{
    AntiAliasing, BasicBlockConfig, Bottleneck, BottleneckConfig, ConnectionKind, ModifierConfig,
    Order, ShortcutConfig, ShortcutKind,
};

use super::block::{BlockConfig, BlockKind};
use super::stem_pool::StemPool;
use crate::Stem;

/// Configures a [`ResNet`](super::ResNet).
#[derive(Config, Debug, PartialEq)]
pub struct ResNetConfig {
    /// The block that is repeated.
    pub block: BlockKind,
    /// How many blocks each stage has. All stages but the first start with a stride of 2.
    pub blocks: Vec<usize>,
    /// What stands before the first stage. Default: ImageNet.
    #[config(default = "Stem::ImageNet")]
    pub stem: Stem,
    /// Channels of the stem. Default: none, as many as `width`.
    #[config(default = "None")]
    pub stem_channels: Option<usize>,
    /// What halves the stem's map, before large images. Default: the maximum.
    #[config(default = "StemPool::Max")]
    pub stem_pool: StemPool,
    /// Planes of the first stage; they double with each stage. Default: 64.
    #[config(default = 64)]
    pub width: usize,
    /// Groups of the 3x3 convolutions of bottlenecks. Default: 1.
    #[config(default = 1)]
    pub groups: usize,
    /// See [`BottleneckConfig::width_per_group`]. Default: 64.
    #[config(default = 64)]
    pub width_per_group: usize,
    /// Where normalisations and activations stand. Default: after the convolutions.
    #[config(default = "Order::PostActivation")]
    pub order: Order,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
    /// What takes the blocks' strides, and the stem's pooling's, over from the convolutions. Default:
    /// nothing.
    #[config(default = "AntiAliasing::None")]
    pub anti_aliasing: AntiAliasing,
    /// The epsilon with which the weights of the convolutions are standardised, each time they are
    /// used: [`standardized`](skip_blocks::layers::standardized). Default: none, they are not.
    #[config(default = "None")]
    pub weight_standardization: Option<f64>,
    /// Whether every branch gives zeros at first: see [`BottleneckConfig::zero_init_last`].
    /// Default: not.
    #[config(default = false)]
    pub zero_init_last: bool,
    /// Whether blocks start as Fixup has them, to learn without normalisation: see
    /// [`FixupBlock`](skip_blocks::FixupBlock). The stem's biases are one a channel, where the paper
    /// has a single number. A model made anew starts its classifier with zeros too; for one that is
    /// at hand that is `head.zero_init`. Default: not.
    #[config(default = false)]
    pub fixup: bool,
    /// Probability that a value between the convolutions of a basic block is dropped in training.
    /// Default: 0.
    #[config(default = 0.0)]
    pub drop_probability: f64,
    /// The short path of every block. Default: projection.
    #[config(default = "ShortcutKind::Projection")]
    pub shortcut: ShortcutKind,
    /// Applied to every branch. Default: none.
    #[config(default = "vec![]")]
    pub modifiers: Vec<ModifierConfig>,
    /// How each branch is connected to what passes it. Several streams need blocks that activate
    /// first, and zero-padded shortcuts. Default: by one stream.
    #[config(default = "ConnectionKind::Residual")]
    pub connection: ConnectionKind,
    /// Whether each block is followed by a weighted sum over all blocks before: see
    /// [`DepthAverage`](skip_blocks::DepthAverage). Maps of larger sizes and fewer channels are
    /// brought to the block's by zero-padded shortcuts. Default: not.
    #[config(default = false)]
    pub depth_average: bool,
    /// Stochastic depth: the probability that a sample skips the last block. That of block `l` of
    /// `L` is `l / L` of it (Huang et al. 2016, <https://arxiv.org/abs/1603.09382>, equation 4).
    /// Default: 0.
    #[config(default = 0.0)]
    pub drop_path_rate: f64,
    /// ShakeDrop: the probability that a sample's last branch is shaken. It grows with depth as
    /// `drop_path_rate` does (Yamada et al. 2018, <https://arxiv.org/abs/1802.02375>). Default: 0.
    #[config(default = 0.0)]
    pub shake_drop_rate: f64,
    /// How many times smaller than the image the last map may be: stages that would go beyond it
    /// are dilated instead (Yu and Koltun 2015, <https://arxiv.org/abs/1511.07122>). Default: none,
    /// no limit.
    #[config(default = "None")]
    pub output_stride: Option<usize>,
    /// Where a dilated stage starts to be dilated. Default: with its second convolution.
    #[config(default = "DilationStart::Second")]
    pub dilation_start: DilationStart,
    /// Channels of the images. Default: 3.
    #[config(default = 3)]
    pub in_channels: usize,
}

impl ResNetConfig {
    /// The CIFAR ResNet of so many layers, `6n + 2` of basic blocks or `9n + 2` of bottlenecks
    /// (He 2015, section 4.2).
    ///
    /// # Panics
    /// Panics if there is no such depth.
    pub fn cifar(block: BlockKind, depth: usize) -> Self {
        let layers_per_n = match block {
            BlockKind::Basic => 6,
            BlockKind::Bottleneck => 9,
        };
        assert!(
            depth > 2 && (depth - 2).is_multiple_of(layers_per_n),
            "depth = {depth}: must be {layers_per_n}n + 2"
        );
        let n = (depth - 2) / layers_per_n;
        Self::new(block, vec![n; 3])
            .with_stem(Stem::Cifar)
            .with_width(16)
    }

    /// The CIFAR Wide ResNet of so many layers, `6n + 4`, whose blocks are `k` times wider: WRN-`depth`-`k`
    /// (Zagoruyko and Komodakis 2016, table 1).
    ///
    /// # Panics
    /// Panics if there is no such depth.
    pub fn wide(depth: usize, k: usize) -> Self {
        assert!(
            depth > 4 && (depth - 4).is_multiple_of(6),
            "depth = {depth}: must be 6n + 4"
        );
        // Its projections are not counted among 6n + 2.
        Self::cifar(BlockKind::Basic, depth - 2)
            .with_order(Order::PreActivation)
            .with_stem_channels(Some(16))
            .with_width(16 * k)
    }

    /// Its plain twin: the same layers without shortcuts.
    pub fn plain(self) -> Self {
        self.with_shortcut(ShortcutKind::Plain)
    }

    /// The blocks of each stage.
    pub(super) fn stages(&self) -> Vec<Vec<BlockConfig>> {
        let mut channels = self.stem_channels();
        let mut before = 0;
        let mut stages = vec![];
        for (stage, plan) in self.plan().into_iter().enumerate() {
            let block = |index: usize| {
                before += 1;
                self.block(
                    std::mem::replace(&mut channels, self.out_channels(stage)),
                    self.width << stage,
                    if index == 0 { plan.stride } else { 1 },
                    [
                        if index == 0 {
                            plan.first_dilation
                        } else {
                            plan.dilation
                        },
                        plan.dilation,
                    ],
                    before,
                )
            };
            stages.push((0..self.blocks[stage]).map(block).collect());
        }
        stages
    }

    /// Channels that the stem gives.
    pub(super) fn stem_channels(&self) -> usize {
        self.stem_channels.unwrap_or(self.width)
    }

    /// How many blocks there are in all stages.
    pub(super) fn all_blocks(&self) -> usize {
        self.blocks.iter().sum()
    }

    /// Block `number`, from 1.
    fn block(
        &self,
        in_channels: usize,
        planes: usize,
        stride: usize,
        [first_dilation, dilation]: [usize; 2],
        number: usize,
    ) -> BlockConfig {
        let modifiers = self.modifiers(number as f64 / self.all_blocks() as f64);
        // In a dilated stage, where the distance of the taps changes.
        let aliases = stride > 1 || first_dilation != dilation;
        let anti_aliasing = match aliases {
            true => self.anti_aliasing,
            false => AntiAliasing::None,
        };
        match self.block {
            BlockKind::Basic => {
                let basic = BasicBlockConfig::new(in_channels, planes)
                    .with_stride(stride)
                    .with_first_dilation(first_dilation)
                    .with_dilation(dilation)
                    .with_anti_aliasing(anti_aliasing)
                    .with_zero_init_last(self.zero_init_last)
                    .with_drop_probability(self.drop_probability)
                    .with_order(self.order)
                    .with_norm(self.norm)
                    .with_act(self.act)
                    .with_shortcut(self.shortcut)
                    .with_modifiers(modifiers)
                    .with_connection(self.connection)
                    .with_place(number - 1);
                match self.fixup {
                    true => BlockConfig::fixup(basic, self.all_blocks()),
                    false => BlockConfig::Basic(basic),
                }
            }
            BlockKind::Bottleneck => {
                let bottleneck = BottleneckConfig::new(in_channels, planes)
                    .with_stride(stride)
                    .with_dilation(first_dilation)
                    .with_stage_dilation(dilation)
                    .with_anti_aliasing(anti_aliasing)
                    .with_zero_init_last(self.zero_init_last)
                    .with_groups(self.groups)
                    .with_width_per_group(self.width_per_group)
                    .with_order(self.order)
                    .with_norm(self.norm)
                    .with_act(self.act)
                    .with_shortcut(self.shortcut)
                    .with_modifiers(modifiers)
                    .with_connection(self.connection)
                    .with_place(number - 1);
                match self.fixup {
                    true => BlockConfig::fixup(bottleneck, self.all_blocks()),
                    false => BlockConfig::Bottleneck(bottleneck),
                }
            }
        }
    }

    /// What is on the branch of a block whose place in the network is `part` of its depth.
    fn modifiers(&self, part: f64) -> Vec<ModifierConfig> {
        let mut modifiers = self.modifiers.clone();
        if self.drop_path_rate > 0.0 {
            modifiers.push(ModifierConfig::StochasticDepth {
                drop_probability: self.drop_path_rate * part,
            });
        }
        if self.shake_drop_rate > 0.0 {
            modifiers.push(ModifierConfig::ShakeDrop {
                drop_probability: self.shake_drop_rate * part,
            });
        }
        modifiers
    }

    /// What brings a map from before each stage to its shape.
    pub(super) fn carries(&self) -> Vec<ShortcutConfig> {
        let mut channels = self.stem_channels();
        let carry = |(stage, plan): (usize, StagePlan)| {
            let before = std::mem::replace(&mut channels, self.out_channels(stage));
            ShortcutConfig::new(before, channels)
                .with_stride(plan.stride)
                .with_kind(ShortcutKind::ZeroPad)
        };
        self.plan().into_iter().enumerate().map(carry).collect()
    }

    pub(super) fn out_channels(&self, stage: usize) -> usize {
        let planes = self.width << stage;
        match self.block {
            BlockKind::Basic => planes,
            BlockKind::Bottleneck => planes * Bottleneck::EXPANSION,
        }
    }

    /// Strides and dilations of the stages.
    pub(super) fn plan(&self) -> Vec<StagePlan> {
        let limit = self.output_stride.unwrap_or(usize::MAX);
        let mut reduction = self.stem.reduction();
        let mut dilation = 1;
        let stage = |stage: usize| {
            let first_dilation = dilation;
            let halves = stage > 0 && 2 * reduction <= limit;
            if halves {
                reduction *= 2;
            } else if stage > 0 {
                dilation *= 2;
            }
            StagePlan {
                stride: if halves { 2 } else { 1 },
                first_dilation: match self.dilation_start {
                    DilationStart::First => dilation,
                    DilationStart::Second => first_dilation,
                },
                dilation,
                reduction,
            }
        };
        (0..self.blocks.len()).map(stage).collect()
    }
}

/// Where a stage starts to be dilated, whose stride was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DilationStart {
    /// With its first 3x3 convolution, as in segmentation_models.pytorch.
    First,
    /// With its second, as in torchvision and timm: the first, which had the stride, reads a map of
    /// the stage before, and keeps that stage's dilation.
    Second,
}

/// How a stage goes on from the one before.
pub(super) struct StagePlan {
    stride: usize,
    first_dilation: usize,
    dilation: usize,
    pub reduction: usize,
}
