//! ResNet, its wide, grouped and pre-activation kin, and their plain twins.
//!
//! "Deep Residual Learning for Image Recognition" (He et al. 2015,
//! <https://arxiv.org/abs/1512.03385>), tables 1 and 6; "Identity Mappings in Deep Residual
//! Networks" (He et al. 2016, <https://arxiv.org/abs/1603.05027>); "Wide Residual Networks"
//! (Zagoruyko and Komodakis 2016, <https://arxiv.org/abs/1605.07146>); "Aggregated Residual
//! Transformations for Deep Neural Networks" (Xie et al. 2016, <https://arxiv.org/abs/1611.05431>).

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use skip_blocks::layers::{
    BatchNorm, BatchNormConfig, Conv2d, Linear, LinearConfig, bn_relu, conv, conv_bn_relu, conv3x3,
    global_avg_pool, linear, max_pool, padded_conv, recompute,
};
use skip_blocks::{
    BasicBlock, BasicBlockConfig, Bottleneck, BottleneckConfig, ModifierConfig, PreActBasicBlock,
    PreActBasicBlockConfig, PreActBottleneck, PreActBottleneckConfig, ShortcutKind,
};

/// The block that a [`ResNet`] repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockKind {
    /// [`BasicBlock`]
    Basic,
    /// [`Bottleneck`]
    Bottleneck,
    /// [`PreActBasicBlock`]
    PreActBasic,
    /// [`PreActBottleneck`]
    PreActBottleneck,
}

/// What stands before the first stage of a [`ResNet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stem {
    /// A 7x7 convolution of stride 2 and a 3x3 max pooling of stride 2, for large images.
    ImageNet,
    /// A 3x3 convolution, for images of 32x32.
    Cifar,
}

/// Configures a [`ResNet`].
#[derive(Config, Debug)]
pub struct ResNetConfig {
    /// The block that is repeated.
    pub block: BlockKind,
    /// How many blocks each stage has. All stages but the first start with a stride of 2.
    pub blocks: Vec<usize>,
    /// What stands before the first stage. Default: ImageNet.
    #[config(default = "Stem::ImageNet")]
    pub stem: Stem,
    /// Channels of the stem and planes of the first stage; they double with each stage.
    /// Default: 64.
    #[config(default = 64)]
    pub width: usize,
    /// Groups of the 3x3 convolutions of (post-activation) bottlenecks. Default: 1.
    #[config(default = 1)]
    pub groups: usize,
    /// See [`BottleneckConfig::width_per_group`]. Default: 64.
    #[config(default = 64)]
    pub width_per_group: usize,
    /// The short path of every block. Default: projection.
    #[config(default = "ShortcutKind::Projection")]
    pub shortcut: ShortcutKind,
    /// Applied to every branch. Default: none.
    #[config(default = "vec![]")]
    pub modifiers: Vec<ModifierConfig>,
    /// Channels of the images. Default: 3.
    #[config(default = 3)]
    pub in_channels: usize,
    /// How many classes are told apart. Default: 1000.
    #[config(default = 1000)]
    pub classes: usize,
    /// Whether what a block computes is computed again on the way back, instead of being kept.
    /// See [`recompute`]. Default: false.
    #[config(default = false)]
    pub recompute: bool,
}

impl ResNetConfig {
    /// ResNet-10: a block a stage, for small machines and small images.
    pub fn resnet10() -> Self {
        Self::new(BlockKind::Basic, vec![1, 1, 1, 1])
    }

    /// ResNet-18.
    pub fn resnet18() -> Self {
        Self::new(BlockKind::Basic, vec![2, 2, 2, 2])
    }

    /// ResNet-34.
    pub fn resnet34() -> Self {
        Self::new(BlockKind::Basic, vec![3, 4, 6, 3])
    }

    /// ResNet-50.
    pub fn resnet50() -> Self {
        Self::new(BlockKind::Bottleneck, vec![3, 4, 6, 3])
    }

    /// ResNet-101.
    pub fn resnet101() -> Self {
        Self::new(BlockKind::Bottleneck, vec![3, 4, 23, 3])
    }

    /// ResNet-152.
    pub fn resnet152() -> Self {
        Self::new(BlockKind::Bottleneck, vec![3, 8, 36, 3])
    }

    /// Wide ResNet-50-2: ResNet-50 with 3x3 convolutions twice as wide.
    pub fn wide_resnet50_2() -> Self {
        Self::resnet50().with_width_per_group(128)
    }

    /// Wide ResNet-101-2.
    pub fn wide_resnet101_2() -> Self {
        Self::resnet101().with_width_per_group(128)
    }

    /// ResNeXt-50 (32x4d): 32 groups, of 4 channels each in the first stage.
    pub fn resnext50_32x4d() -> Self {
        Self::resnet50().with_groups(32).with_width_per_group(4)
    }

    /// ResNeXt-101 (32x8d).
    pub fn resnext101_32x8d() -> Self {
        Self::resnet101().with_groups(32).with_width_per_group(8)
    }

    /// The CIFAR ResNet of so many layers, `6n + 2`, with option A shortcuts.
    ///
    /// # Panics
    /// Panics if `depth` is not `6n + 2`.
    pub fn cifar(depth: usize) -> Self {
        Self::cifar_of(BlockKind::Basic, depth, 6).with_shortcut(ShortcutKind::ZeroPad)
    }

    /// The CIFAR pre-activation ResNet of basic blocks, `6n + 2` layers, with option A shortcuts.
    ///
    /// # Panics
    /// Panics if `depth` is not `6n + 2`.
    pub fn cifar_pre_act(depth: usize) -> Self {
        Self::cifar_of(BlockKind::PreActBasic, depth, 6).with_shortcut(ShortcutKind::ZeroPad)
    }

    /// The CIFAR pre-activation ResNet of bottlenecks, `9n + 2` layers, with projections.
    ///
    /// # Panics
    /// Panics if `depth` is not `9n + 2`.
    pub fn cifar_pre_act_bottleneck(depth: usize) -> Self {
        Self::cifar_of(BlockKind::PreActBottleneck, depth, 9)
    }

    /// The plain twin: the same layers without shortcuts.
    pub fn plain(self) -> Self {
        self.with_shortcut(ShortcutKind::Plain)
    }

    fn cifar_of(block: BlockKind, depth: usize, layers_per_n: usize) -> Self {
        assert!(
            depth > 2 && (depth - 2).is_multiple_of(layers_per_n),
            "depth = {depth}: must be {layers_per_n}n + 2"
        );
        let n = (depth - 2) / layers_per_n;
        Self::new(block, vec![n; 3])
            .with_stem(Stem::Cifar)
            .with_width(16)
            .with_classes(10)
    }

    /// Makes the network.
    ///
    /// # Panics
    /// Panics if there is no stage, a stage without blocks, or a size of zero, or if blocks with
    /// stochastic depth are to be recomputed: they would drop others the second time.
    pub fn init(&self, device: &Device) -> ResNet {
        assert!(
            !self.blocks.is_empty() && self.blocks.iter().all(|&blocks| blocks > 0),
            "blocks = {:?}: must be one or more stages of one or more blocks",
            self.blocks
        );
        let is_random =
            |modifier: &ModifierConfig| matches!(modifier, ModifierConfig::StochasticDepth { .. });
        assert!(
            !(self.recompute && self.modifiers.iter().any(is_random)),
            "recompute = true: cannot be with stochastic depth"
        );
        let stem = match self.stem {
            Stem::ImageNet => padded_conv(self.in_channels, self.width, 7).with_stride([2, 2]),
            Stem::Cifar => conv3x3(self.in_channels, self.width),
        };
        let mut channels = self.width;
        let mut stages = Vec::new();
        for (index, &blocks) in self.blocks.iter().enumerate() {
            stages.push(self.stage(index, blocks, &mut channels, device));
        }
        let pre_activation = matches!(
            self.block,
            BlockKind::PreActBasic | BlockKind::PreActBottleneck
        );
        // The normalisation after the stem, or after the last block where blocks start with one.
        let bn_channels = if pre_activation { channels } else { self.width };
        ResNet {
            conv1: stem.init(device),
            bn1: BatchNormConfig::new(bn_channels).init(device),
            layers: stages,
            fc: LinearConfig::new(channels, self.classes).init(device),
            stem: self.stem,
            pre_activation,
            recompute: self.recompute,
        }
    }

    fn stage(
        &self,
        index: usize,
        blocks: usize,
        channels: &mut usize,
        device: &Device,
    ) -> Vec<Block> {
        (0..blocks)
            .map(|block| {
                let stride = if index > 0 && block == 0 { 2 } else { 1 };
                let (block, out_channels) =
                    self.block(*channels, self.width << index, stride, device);
                *channels = out_channels;
                block
            })
            .collect()
    }

    fn block(
        &self,
        in_channels: usize,
        planes: usize,
        stride: usize,
        device: &Device,
    ) -> (Block, usize) {
        match self.block {
            BlockKind::Basic => {
                let config = BasicBlockConfig::new(in_channels, planes)
                    .with_stride(stride)
                    .with_shortcut(self.shortcut)
                    .with_modifiers(self.modifiers.clone());
                (Block::Basic(config.init(device)), planes)
            }
            BlockKind::Bottleneck => {
                let config = BottleneckConfig::new(in_channels, planes)
                    .with_stride(stride)
                    .with_groups(self.groups)
                    .with_width_per_group(self.width_per_group)
                    .with_shortcut(self.shortcut)
                    .with_modifiers(self.modifiers.clone());
                (
                    Block::Bottleneck(config.init(device)),
                    config.out_channels(),
                )
            }
            BlockKind::PreActBasic => {
                let config = PreActBasicBlockConfig::new(in_channels, planes)
                    .with_stride(stride)
                    .with_shortcut(self.shortcut)
                    .with_modifiers(self.modifiers.clone());
                (Block::PreActBasic(config.init(device)), planes)
            }
            BlockKind::PreActBottleneck => {
                let config = PreActBottleneckConfig::new(in_channels, planes)
                    .with_stride(stride)
                    .with_groups(self.groups)
                    .with_shortcut(self.shortcut)
                    .with_modifiers(self.modifiers.clone());
                (
                    Block::PreActBottleneck(config.init(device)),
                    config.out_channels(),
                )
            }
        }
    }
}

/// A residual block of any kind.
#[derive(Module, Debug)]
pub enum Block {
    /// See [`BasicBlock`].
    Basic(BasicBlock),
    /// See [`Bottleneck`].
    Bottleneck(Bottleneck),
    /// See [`PreActBasicBlock`].
    PreActBasic(PreActBasicBlock),
    /// See [`PreActBottleneck`].
    PreActBottleneck(PreActBottleneck),
}

impl Block {
    /// Applies the block.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Basic(block) => block.forward(x),
            Self::Bottleneck(block) => block.forward(x),
            Self::PreActBasic(block) => block.forward(x),
            Self::PreActBottleneck(block) => block.forward(x),
        }
    }
}

/// A residual network: `y = fc(mean(stages(stem(x))))`.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to `[batch, classes]`, not normalised (logits)
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::ResNetConfig;
/// use skip_blocks::parameter_count;
///
/// let device = Device::flex();
/// let resnet20 = ResNetConfig::cifar(20).init(&device);
/// assert_eq!(parameter_count(&resnet20), 269_722);
/// let logits = resnet20.forward(Tensor::ones([2, 3, 32, 32], &device));
/// assert_eq!(logits.dims(), [2, 10]);
/// ```
#[derive(Module, Debug)]
pub struct ResNet {
    /// The stem's convolution.
    pub conv1: Conv2d,
    /// The normalisation after the stem; in pre-activation networks, after the last block.
    pub bn1: BatchNorm,
    /// The stages (torchvision's `layer1`, `layer2`, ..), each a list of blocks.
    pub layers: Vec<Vec<Block>>,
    /// The classifier.
    pub fc: Linear,
    /// Which stem this is.
    #[module(skip)]
    pub stem: Stem,
    /// Whether blocks start, not end, with their activation.
    pub pre_activation: bool,
    /// Whether what a block computes is computed again on the way back.
    pub recompute: bool,
}

impl ResNet {
    /// Applies the network. See [`ResNet`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = self
            .forward_features(x)
            .pop()
            .expect("init refuses a network without stages");
        let x = global_avg_pool(x);
        linear(x, &self.fc)
    }

    /// The feature map after each stage, the largest first; the last as the classifier sees it.
    ///
    /// # Shapes
    /// `[batch, channels, height / 2^i, width / 2^i]` for stage `i` from 0, a quarter of that after
    /// the ImageNet stem
    pub fn forward_features(&self, x: Tensor<4>) -> Vec<Tensor<4>> {
        let mut x = self.forward_stem(x);
        let mut features = Vec::with_capacity(self.layers.len());
        for stage in &self.layers {
            x = stage
                .iter()
                .fold(x, |x, block| self.forward_block(block, x));
            features.push(x.clone());
        }
        if self.pre_activation
            && let Some(last) = features.pop()
        {
            features.push(bn_relu(last, &self.bn1));
        }
        features
    }

    fn forward_block(&self, block: &Block, x: Tensor<4>) -> Tensor<4> {
        match self.recompute {
            true => recompute(block, [x], |block, [x]| block.forward(x)),
            false => block.forward(x),
        }
    }

    fn forward_stem(&self, x: Tensor<4>) -> Tensor<4> {
        let x = match self.pre_activation {
            true => conv(x, &self.conv1),
            false => conv_bn_relu(x, &self.conv1, &self.bn1),
        };
        match self.stem {
            Stem::ImageNet => max_pool(x, 3, 2, 1),
            Stem::Cifar => x,
        }
    }
}
