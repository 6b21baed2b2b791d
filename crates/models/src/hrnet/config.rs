use burn::config::Config;
use serde::{Deserialize, Serialize};
use skip_blocks::layers::{Act, Conv2dConfig, NormKind, conv3x3};
use skip_blocks::{BasicBlockConfig, Bottleneck, BottleneckConfig, ExchangeConfig};

/// Configures a [`HrNet`](super::HrNet).
#[derive(Config, Debug, PartialEq)]
pub struct HrNetConfig {
    /// Channels of the largest map; those of each smaller one are doubled.
    pub width: usize,
    /// How many bottlenecks stand before there is more than one map. Default: 4.
    #[config(default = 4)]
    pub first_blocks: usize,
    /// Planes of these bottlenecks. Default: 64.
    #[config(default = 64)]
    pub first_planes: usize,
    /// How many modules each further stage has; each stage brings a smaller map. Default: 1, 4, 3.
    #[config(default = "vec![1, 4, 3]")]
    pub modules: Vec<usize>,
    /// How many basic blocks each map goes through in a module. Default: 4.
    #[config(default = 4)]
    pub blocks: usize,
    /// What adds all maps up. Default: biased.
    #[config(default = "TopKind::Biased")]
    pub top: TopKind,
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

/// What adds the maps of all sizes up, for a classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TopKind {
    /// Nothing: each map stands for itself, for a decoder.
    None,
    /// Convolutions with biases, though normalisations follow.
    Biased,
    /// Convolutions without.
    Unbiased,
}

/// Channels of both convolutions of the stem.
pub(super) const STEM: usize = 64;
/// Channels of the largest map that is given; those of each smaller one are doubled.
const GIVEN: usize = 128;
/// Channels of the sum of all maps.
pub(super) const SUMMED: usize = 2048;

impl HrNetConfig {
    /// How many maps there are in the end.
    pub(super) fn maps(&self) -> usize {
        self.modules.len() + 1
    }

    /// Channels of so many maps, the largest map's first.
    pub(super) fn channels(&self, maps: usize) -> Vec<usize> {
        (0..maps).map(|map| self.width << map).collect()
    }

    /// Channels of the maps that are given.
    pub(super) fn given(&self) -> Vec<usize> {
        (0..self.maps()).map(|map| GIVEN << map).collect()
    }

    /// A 3x3 convolution before a normalisation.
    pub(super) fn conv(&self, in_channels: usize, out_channels: usize) -> Conv2dConfig {
        conv3x3(in_channels, out_channels).with_bias(self.norm.wants_bias())
    }

    /// The bottlenecks before there is more than one map.
    pub(super) fn first(&self) -> Vec<BottleneckConfig> {
        let planes = self.first_planes;
        let expanded = planes * Bottleneck::EXPANSION;
        let before = |index| if index == 0 { STEM } else { expanded };
        (0..self.first_blocks)
            .map(|index| self.bottleneck(before(index), planes))
            .collect()
    }

    fn bottleneck(&self, in_channels: usize, planes: usize) -> BottleneckConfig {
        BottleneckConfig::new(in_channels, planes)
            .with_norm(self.norm)
            .with_act(self.act)
    }

    /// The block that each map goes through in a module.
    pub(super) fn block(&self, channels: usize) -> BasicBlockConfig {
        BasicBlockConfig::new(channels, channels)
            .with_norm(self.norm)
            .with_act(self.act)
    }

    /// What adds so many maps to each other.
    pub(super) fn exchange(&self, maps: usize) -> ExchangeConfig {
        ExchangeConfig::new(self.channels(maps))
            .with_norm(self.norm)
            .with_act(self.act)
    }

    /// What brings each map to the channels that are given.
    pub(super) fn increase(&self) -> Vec<BottleneckConfig> {
        let channels = self.channels(self.maps()).into_iter();
        channels
            .zip(self.given())
            .map(|(channels, given)| self.bottleneck(channels, given / Bottleneck::EXPANSION))
            .collect()
    }
}
