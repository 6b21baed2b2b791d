//! DenseNet: every layer of a block sees the outputs of all before it.
//!
//! "Densely Connected Convolutional Networks" (Huang et al. 2016,
//! <https://arxiv.org/abs/1608.06993>), table 1 and section 3.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{
    BatchNorm, BatchNormConfig, Conv2d, Linear, LinearConfig, bn_relu, conv, conv_bn_relu, conv3x3,
    global_avg_pool, linear, max_pool, padded_conv,
};
use skip_blocks::{DenseBlock, DenseBlockConfig, Transition, TransitionConfig};

use crate::Stem;

/// Configures a [`DenseNet`].
#[derive(Config, Debug)]
pub struct DenseNetConfig {
    /// How many layers each block has.
    pub layers: Vec<usize>,
    /// Channels that each layer adds (`k`).
    pub growth_rate: usize,
    /// Channels after the stem.
    pub stem_channels: usize,
    /// See [`DenseBlockConfig::bottleneck`]. Default: 4.
    #[config(default = "Some(4)")]
    pub bottleneck: Option<usize>,
    /// See [`TransitionConfig::compression`]. Default: 0.5.
    #[config(default = 0.5)]
    pub compression: f64,
    /// Probability that a new value is dropped in training. Default: 0.
    #[config(default = 0.0)]
    pub drop_probability: f64,
    /// What stands before the first block. Default: ImageNet.
    #[config(default = "Stem::ImageNet")]
    pub stem: Stem,
    /// Channels of the images. Default: 3.
    #[config(default = 3)]
    pub in_channels: usize,
    /// How many classes are told apart. Default: 1000.
    #[config(default = 1000)]
    pub classes: usize,
    /// See [`DenseBlockConfig::recompute`]. Default: false.
    #[config(default = false)]
    pub recompute: bool,
}

impl DenseNetConfig {
    /// DenseNet-121.
    pub fn densenet121() -> Self {
        Self::new(vec![6, 12, 24, 16], 32, 64)
    }

    /// DenseNet-161.
    pub fn densenet161() -> Self {
        Self::new(vec![6, 12, 36, 24], 48, 96)
    }

    /// DenseNet-169.
    pub fn densenet169() -> Self {
        Self::new(vec![6, 12, 32, 32], 32, 64)
    }

    /// DenseNet-201.
    pub fn densenet201() -> Self {
        Self::new(vec![6, 12, 48, 32], 32, 64)
    }

    /// The CIFAR DenseNet of so many layers, `3n + 4`, without bottleneck and compression.
    ///
    /// # Panics
    /// Panics if `depth` is not `3n + 4`.
    pub fn cifar(depth: usize, growth_rate: usize) -> Self {
        Self::cifar_of(depth, 3, growth_rate, 16)
            .with_bottleneck(None)
            .with_compression(1.0)
    }

    /// The CIFAR DenseNet-BC of so many layers, `6n + 4`, with bottleneck and compression.
    ///
    /// # Panics
    /// Panics if `depth` is not `6n + 4`.
    pub fn cifar_bc(depth: usize, growth_rate: usize) -> Self {
        Self::cifar_of(depth, 6, growth_rate, 2 * growth_rate)
    }

    fn cifar_of(
        depth: usize,
        layers_per_n: usize,
        growth_rate: usize,
        stem_channels: usize,
    ) -> Self {
        assert!(
            depth > 4 && (depth - 4).is_multiple_of(layers_per_n),
            "depth = {depth}: must be {layers_per_n}n + 4"
        );
        let n = (depth - 4) / layers_per_n;
        Self::new(vec![n; 3], growth_rate, stem_channels)
            .with_stem(Stem::Cifar)
            .with_classes(10)
    }

    /// Makes the network.
    ///
    /// # Panics
    /// Panics if there is no block, or a size is zero or out of its range.
    pub fn init(&self, device: &Device) -> DenseNet {
        assert!(
            !self.layers.is_empty(),
            "layers = []: must be one or more blocks"
        );
        let conv0 = match self.stem {
            Stem::ImageNet => {
                padded_conv(self.in_channels, self.stem_channels, 7).with_stride([2, 2])
            }
            Stem::Cifar => conv3x3(self.in_channels, self.stem_channels),
        };
        let norm0 = match self.stem {
            Stem::ImageNet => Some(BatchNormConfig::new(self.stem_channels).init(device)),
            Stem::Cifar => None,
        };
        let mut channels = self.stem_channels;
        let mut blocks = Vec::new();
        let mut transitions = Vec::new();
        for (index, &layers) in self.layers.iter().enumerate() {
            let block = DenseBlockConfig::new(channels, layers, self.growth_rate)
                .with_bottleneck(self.bottleneck)
                .with_drop_probability(self.drop_probability)
                .with_recompute(self.recompute);
            channels = block.out_channels();
            blocks.push(block.init(device));
            if index + 1 < self.layers.len() {
                let transition = TransitionConfig::new(channels).with_compression(self.compression);
                channels = transition.out_channels();
                transitions.push(transition.init(device));
            }
        }
        DenseNet {
            conv0: conv0.init(device),
            norm0,
            blocks,
            transitions,
            norm: BatchNormConfig::new(channels).init(device),
            classifier: LinearConfig::new(channels, self.classes).init(device),
        }
    }
}

/// A dense network: dense blocks with transitions between them,
/// `y = classifier(mean(relu(norm(blocks(stem(x))))))`.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to `[batch, classes]`, not normalised (logits)
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::DenseNetConfig;
/// use skip_blocks::parameter_count;
///
/// let device = Device::flex();
/// let densenet = DenseNetConfig::cifar_bc(100, 12).init(&device);
/// assert_eq!(parameter_count(&densenet), 769_162);
/// let logits = densenet.forward(Tensor::ones([1, 3, 32, 32], &device));
/// assert_eq!(logits.dims(), [1, 10]);
/// ```
#[derive(Module, Debug)]
pub struct DenseNet {
    /// The stem's convolution.
    pub conv0: Conv2d,
    /// The stem's normalisation; none before 32x32 images, where the first layer brings its own.
    pub norm0: Option<BatchNorm>,
    /// The dense blocks.
    pub blocks: Vec<DenseBlock>,
    /// What stands between them.
    pub transitions: Vec<Transition>,
    /// The last normalisation.
    pub norm: BatchNorm,
    /// The classifier.
    pub classifier: Linear,
}

impl DenseNet {
    /// Applies the network. See [`DenseNet`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let mut x = self.forward_stem(x);
        for (index, block) in self.blocks.iter().enumerate() {
            x = block.forward(x);
            if let Some(transition) = self.transitions.get(index) {
                x = transition.forward(x);
            }
        }
        let x = global_avg_pool(bn_relu(x, &self.norm));
        linear(x, &self.classifier)
    }

    fn forward_stem(&self, x: Tensor<4>) -> Tensor<4> {
        match &self.norm0 {
            Some(norm0) => max_pool(conv_bn_relu(x, &self.conv0, norm0), 3, 2, 1),
            None => conv(x, &self.conv0),
        }
    }
}
