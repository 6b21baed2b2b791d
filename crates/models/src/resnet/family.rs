//! The family as an encoder.

use burn::tensor::Device;
use skip_blocks::check::{self, ensure};
use skip_blocks::{ConfigError, ShortcutKind};

use super::block::BlockConfig;
use super::config::{DilationStart, ResNetConfig};
use super::names::NAMES;
use super::network::ResNet;
use crate::keys::Names;
use crate::{EncoderFamily, ImageSpec, Level, Skip, Stem};

impl EncoderFamily for ResNetConfig {
    type Network = ResNet;

    /// The stem's map, where it is larger than the first stage's, and each stage's.
    fn levels(&self) -> Vec<Level> {
        let stem = (self.stem == Stem::ImageNet).then_some(Level {
            channels: self.width,
            reduction: 2,
        });
        let stages = self.plan().into_iter().enumerate();
        let stages = stages.map(|(stage, plan)| Level {
            channels: self.out_channels(stage),
            reduction: plan.reduction,
        });
        stem.into_iter().chain(stages).collect()
    }

    fn with_image(self, image: ImageSpec) -> Self {
        self.with_in_channels(image.channels)
    }

    fn with_drop_path_rate(self, drop_path_rate: f64) -> Result<Self, ConfigError> {
        Ok(ResNetConfig::with_drop_path_rate(self, drop_path_rate))
    }

    fn with_output_stride(self, output_stride: usize) -> Result<Self, ConfigError> {
        Ok(ResNetConfig::with_output_stride(self, Some(output_stride)))
    }

    /// Where stages are dilated, all their convolutions are.
    fn under_decoder(self) -> Self {
        self.with_dilation_start(DilationStart::First)
    }

    fn skip(&self) -> Option<Skip> {
        (self.shortcut != ShortcutKind::Plain).then_some(Skip::Add)
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
        ensure!(
            (0.0..1.0).contains(&self.drop_path_rate),
            "drop_path_rate = {}: must be in [0, 1)",
            self.drop_path_rate
        );
        if let Some(stride) = self.output_stride {
            let least = self.stem.reduction();
            ensure!(
                stride.is_power_of_two() && stride >= least,
                "output_stride = {stride}: must be a power of two, at least {least}"
            );
        }
        self.norm.check(self.width)?;
        self.stages()
            .iter()
            .flatten()
            .try_for_each(BlockConfig::check)
    }

    fn init(&self, device: &Device) -> ResNet {
        check::or_panic(self.check());
        ResNet::new(self, device)
    }
}
