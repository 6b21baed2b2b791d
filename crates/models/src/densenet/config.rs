use burn::config::Config;
use burn::tensor::Device;
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{Act, NormKind};
use skip_blocks::{ConfigError, DenseBlockConfig, TransitionConfig};

use super::names::NAMES;
use super::network::DenseNet;
use crate::keys::Names;
use crate::{EncoderFamily, ImageSpec, Level, Skip, Stem};

/// Configures a [`DenseNet`].
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

impl EncoderFamily for DenseNetConfig {
    type Network = DenseNet;

    /// The stem's map before large images, and each block's after the normalisation and activation
    /// that follow it.
    fn levels(&self) -> Vec<Level> {
        let stem = (self.stem == Stem::ImageNet).then_some(Level {
            channels: self.stem_channels,
            reduction: 2,
        });
        let blocks = self.stages().into_iter().enumerate();
        let blocks = blocks.map(|(index, (block, _))| Level {
            channels: block.out_channels(),
            reduction: self.stem.reduction() << index,
        });
        stem.into_iter().chain(blocks).collect()
    }

    /// Poolings between blocks drop a rest at the edge.
    fn sizes(&self, image: usize) -> Option<Vec<usize>> {
        let mut sizes = vec![];
        let mut size = image;
        if self.stem == Stem::ImageNet {
            size = size.div_ceil(2);
            sizes.push(size);
            size = size.div_ceil(2);
        }
        for _ in &self.layers {
            sizes.push(size);
            size /= 2;
        }
        (sizes.last()? > &0).then_some(sizes)
    }

    fn with_image(self, image: ImageSpec) -> Self {
        self.with_in_channels(image.channels)
    }

    fn skip(&self) -> Option<Skip> {
        Some(Skip::Concat)
    }

    fn names(&self) -> Names {
        NAMES
    }

    fn check(&self) -> Result<(), ConfigError> {
        ensure!(
            !self.layers.is_empty(),
            "layers = []: must be one or more blocks"
        );
        check::positive("in_channels", self.in_channels)?;
        check::positive("stem_channels", self.stem_channels)?;
        self.norm.check(self.stem_channels)?;
        for (block, transition) in self.stages() {
            block.check()?;
            if let Some(transition) = transition {
                transition.check()?;
            }
        }
        Ok(())
    }

    fn init(&self, device: &Device) -> DenseNet {
        check::or_panic(self.check());
        DenseNet::new(self, device)
    }
}
