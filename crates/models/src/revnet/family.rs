//! The family as an encoder.

use burn::tensor::Device;
use skip_blocks::check::{self, ensure};
use skip_blocks::{ConfigError, ShortcutKind};

use super::config::RevNetConfig;
use super::network::RevNet;
use crate::keys::Names;
use crate::{EncoderFamily, ImageSpec, Level, Skip};

impl EncoderFamily for RevNetConfig {
    type Network = RevNet;

    /// The stem's map, where it is larger than the first stage's, and each stage's.
    fn levels(&self) -> Vec<Level> {
        let stem = self.stem.pools().then_some(Level {
            channels: self.stem_channels,
            reduction: 2,
        });
        let first = self.stem.reduction();
        let stages = (0..self.planes.len()).map(|stage| Level {
            channels: self.channels(stage),
            reduction: first << stage,
        });
        stem.into_iter().chain(stages).collect()
    }

    fn with_image(self, image: ImageSpec) -> Self {
        self.with_in_channels(image.channels)
    }

    fn with_drop_path_rate(self, drop_path_rate: f64) -> Result<Self, ConfigError> {
        Ok(RevNetConfig::with_drop_path_rate(self, drop_path_rate))
    }

    fn skip(&self) -> Option<Skip> {
        Some(Skip::Add)
    }

    fn names(&self) -> Names {
        &[("head.linear", "fc")]
    }

    fn check(&self) -> Result<(), ConfigError> {
        ensure!(
            !self.blocks.is_empty() && self.blocks.iter().all(|&blocks| blocks > 0),
            "blocks = {:?}: must be one or more stages of one or more blocks",
            self.blocks
        );
        let even = |channels: usize| channels > 0 && channels.is_multiple_of(2);
        ensure!(
            self.planes.len() == self.blocks.len() && self.planes.iter().copied().all(even),
            "planes = {:?}: must be an even number for each of {} stages, for two halves",
            self.planes,
            self.blocks.len()
        );
        ensure!(
            even(self.stem_channels),
            "stem_channels = {}: must be even, for two halves",
            self.stem_channels
        );
        ensure!(
            self.shortcut != ShortcutKind::Plain,
            "shortcut = plain: must be one, without which a block is not reversible"
        );
        ensure!(
            !matches!(self.shortcut, ShortcutKind::ExclusiveGate(_)),
            "shortcut = {:?}: must leave the branch alone",
            self.shortcut
        );
        check::positive("in_channels", self.in_channels)?;
        check::probability("drop_path_rate", self.drop_path_rate)?;
        self.stem.check(self.norm)?;
        self.norm.check(self.stem_channels)?;
        self.stages().into_iter().flatten().try_for_each(|half| {
            let [before, after] = half.channels;
            self.norm.check(before)?;
            self.norm.check(after)?;
            self.norm.check(half.planes)?;
            self.short(half).check()
        })
    }

    fn init(&self, device: &Device) -> RevNet {
        check::or_panic(self.check());
        RevNet::new(self, device)
    }
}
