//! The family as an encoder.

use burn::tensor::Device;
use skip_blocks::check::{self, ensure};
use skip_blocks::{ConfigError, NormFreeBlock, NormFreeBlockConfig};

use super::config::NfResNetConfig;
use super::names::NAMES;
use super::network::NfResNet;
use crate::keys::Names;
use crate::{EncoderFamily, ImageSpec, Level, Skip};

impl EncoderFamily for NfResNetConfig {
    type Network = NfResNet;

    /// The stem's map and each stage's.
    fn levels(&self) -> Vec<Level> {
        let stem = Level {
            channels: self.width,
            reduction: 2,
        };
        let stage = |stage: usize| Level {
            channels: (self.width << stage) * NormFreeBlock::EXPANSION,
            reduction: 4 << stage,
        };
        let stages = (0..self.blocks.len()).map(stage);
        std::iter::once(stem).chain(stages).collect()
    }

    fn with_image(self, image: ImageSpec) -> Self {
        self.with_in_channels(image.channels)
    }

    fn with_drop_path_rate(self, drop_path_rate: f64) -> Result<Self, ConfigError> {
        Ok(NfResNetConfig::with_drop_path_rate(self, drop_path_rate))
    }

    fn skip(&self) -> Option<Skip> {
        Some(Skip::Add)
    }

    /// timm has a gain for each kernel, of the kernel's dimensions.
    fn dims_elsewhere(&self, name: &str, own: usize) -> usize {
        if name.ends_with(".gain") { 4 } else { own }
    }

    fn names(&self) -> Names {
        NAMES
    }

    fn check(&self) -> Result<(), ConfigError> {
        ensure!(
            !self.blocks.is_empty() && self.blocks.iter().all(|&blocks| blocks > 0),
            "blocks = {:?}: must be one or more stages of one or more blocks",
            self.blocks
        );
        check::positive("width", self.width)?;
        check::positive("in_channels", self.in_channels)?;
        check::probability("drop_path_rate", self.drop_path_rate)?;
        self.stages()
            .iter()
            .flatten()
            .try_for_each(NormFreeBlockConfig::check)
    }

    fn init(&self, device: &Device) -> NfResNet {
        check::or_panic(self.check());
        NfResNet::new(self, device)
    }
}
