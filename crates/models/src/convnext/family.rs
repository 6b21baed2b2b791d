//! The family as an encoder.

use burn::tensor::Device;
use skip_blocks::ConfigError;
use skip_blocks::check::{self, ensure};

use super::config::{ConvNeXtConfig, StagePlan};
use super::names::NAMES;
use super::network::ConvNeXt;
use crate::keys::Names;
use crate::{EncoderFamily, HeadConfig, ImageSpec, Level, Skip};

impl EncoderFamily for ConvNeXtConfig {
    type Network = ConvNeXt;

    /// Each stage's map.
    fn levels(&self) -> Vec<Level> {
        let stages = self.plan().into_iter();
        let level = |stage: StagePlan| Level {
            channels: stage.channels,
            reduction: stage.reduction,
        };
        stages.map(level).collect()
    }

    /// Patches do not overlap: a rest at the edge is dropped.
    fn sizes(&self, image: usize) -> Option<Vec<usize>> {
        let sizes = self.levels().into_iter();
        let sizes: Vec<_> = sizes.map(|level| image / level.reduction).collect();
        (sizes.last()? > &0).then_some(sizes)
    }

    fn with_image(self, image: ImageSpec) -> Self {
        self.with_in_channels(image.channels)
    }

    fn with_output_stride(self, output_stride: usize) -> Result<Self, ConfigError> {
        Ok(ConvNeXtConfig::with_output_stride(
            self,
            Some(output_stride),
        ))
    }

    fn skip(&self) -> Option<Skip> {
        Some(Skip::Add)
    }

    /// timm's larger networks, from `tiny` on, have linear layers over the channels of each pixel.
    fn dims_elsewhere(&self, name: &str, own: usize) -> usize {
        let is_over_channels = name.contains(".mlp.fc") && name.ends_with(".weight");
        if is_over_channels && self.width >= 96 {
            2
        } else {
            own
        }
    }

    fn names(&self) -> Names {
        NAMES
    }

    fn head(&self, head: HeadConfig) -> HeadConfig {
        head.with_pooled_norm(self.norm)
    }

    fn check(&self) -> Result<(), ConfigError> {
        ensure!(
            !self.blocks.is_empty() && self.blocks.iter().all(|&blocks| blocks > 0),
            "blocks = {:?}: must be one or more stages of one or more blocks",
            self.blocks
        );
        check::positive("width", self.width)?;
        check::positive("expansion", self.expansion)?;
        check::positive("in_channels", self.in_channels)?;
        check::probability("drop_path_rate", self.drop_path_rate)?;
        if let Some(stride) = self.output_stride {
            ensure!(
                [8, 16, 32].contains(&stride),
                "output_stride = {stride}: must be 8, 16 or 32"
            );
        }
        self.norm.check(self.width)
    }

    fn init(&self, device: &Device) -> ConvNeXt {
        check::or_panic(self.check());
        ConvNeXt::new(self, device)
    }
}
