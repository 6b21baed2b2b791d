use burn::config::Config;
use skip_blocks::layers::{Act, NormKind};
use skip_blocks::{DenseBlockConfig, TransitionConfig};

use crate::Stem;

/// Configures a [`DenseNet`](super::DenseNet).
#[derive(Config, Debug, PartialEq)]
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
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
    /// The activation after the last normalisation. Default: none of its own, `act`.
    #[config(default = "None")]
    pub last_act: Option<Act>,
    /// Channels of the images. Default: 3.
    #[config(default = 3)]
    pub in_channels: usize,
}

impl DenseNetConfig {
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
        Self::new(vec![n; 3], growth_rate, stem_channels).with_stem(Stem::Cifar)
    }

    /// The blocks, and what stands after each but the last.
    pub(super) fn stages(&self) -> Vec<(DenseBlockConfig, Option<TransitionConfig>)> {
        let mut channels = self.stem_channels;
        let stage = |(index, &layers): (usize, &usize)| {
            let block = DenseBlockConfig::new(channels, layers, self.growth_rate)
                .with_bottleneck(self.bottleneck)
                .with_drop_probability(self.drop_probability)
                .with_norm(self.norm)
                .with_act(self.act);
            let transition = TransitionConfig::new(block.out_channels())
                .with_compression(self.compression)
                .with_norm(self.norm)
                .with_act(self.act);
            channels = transition.out_channels();
            let is_last = index + 1 == self.layers.len();
            (block, (!is_last).then_some(transition))
        };
        self.layers.iter().enumerate().map(stage).collect()
    }
}
