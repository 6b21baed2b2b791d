//! The family as an encoder.

use burn::tensor::Device;
use skip_blocks::check::{self, ensure};
use skip_blocks::{ConfigError, DualPathConfig};

use super::config::DpnConfig;
use super::names::NAMES;
use super::network::Dpn;
use crate::keys::Names;
use crate::{EncoderFamily, ImageSpec, Level, Skip};

impl EncoderFamily for DpnConfig {
    type Network = Dpn;

    /// The stem's map, each stage's after an activation, and the last after its normalisation and
    /// activation, as segmentation_models.pytorch has them.
    fn levels(&self) -> Vec<Level> {
        let stem = Level {
            channels: self.stem_channels,
            reduction: 2,
        };
        let stages = self.stages().into_iter().enumerate();
        let stages = stages.filter_map(|(index, stage)| {
            Some(Level {
                channels: stage.last()?.out_channels(),
                reduction: 4 << index,
            })
        });
        std::iter::once(stem).chain(stages).collect()
    }

    fn with_image(self, image: ImageSpec) -> Self {
        self.with_in_channels(image.channels)
    }

    fn skip(&self) -> Option<Skip> {
        Some(Skip::Dual)
    }

    /// timm's classifies by a convolution of one pixel.
    fn dims_elsewhere(&self, name: &str, own: usize) -> usize {
        if name == "classifier.weight" { 4 } else { own }
    }

    fn names(&self) -> Names {
        NAMES
    }

    fn check(&self) -> Result<(), ConfigError> {
        let Self { blocks, growth, .. } = self;
        ensure!(
            !blocks.is_empty() && blocks.iter().all(|&blocks| blocks > 0),
            "blocks = {blocks:?}: must be one or more stages of one or more blocks"
        );
        ensure!(
            growth.len() == blocks.len(),
            "growth = {growth:?}: must be a number for each stage of blocks = {blocks:?}"
        );
        check::positive("in_channels", self.in_channels)?;
        check::positive("stem_channels", self.stem_channels)?;
        ensure!(
            self.stem_kernel % 2 == 1,
            "stem_kernel = {}: must be odd",
            self.stem_kernel
        );
        self.norm.check(self.stem_channels)?;
        let stages = self.stages();
        stages
            .iter()
            .flatten()
            .try_for_each(DualPathConfig::check)?;
        let last = self.levels().pop().map_or(0, |level| level.channels);
        self.norm.check(last)
    }

    fn init(&self, device: &Device) -> Dpn {
        check::or_panic(self.check());
        Dpn::new(self, device)
    }
}
