//! The family as an encoder.

use burn::tensor::Device;
use skip_blocks::check::{self, ensure};
use skip_blocks::{AntiAliasing, ConfigError, ConnectionKind, Order, ShortcutConfig, ShortcutKind};

use super::block::{BlockConfig, BlockKind};
use super::config::{DilationStart, ResNetConfig};
use super::names::{POST_ACTIVATION, PRE_ACTIVATION};
use super::network::ResNet;
use super::stem_pool::StemPool;
use crate::keys::Names;
use crate::{EncoderFamily, HeadConfig, ImageSpec, Level, Skip};

impl EncoderFamily for ResNetConfig {
    type Network = ResNet;

    /// The stem's map, where it is larger than the first stage's, and each stage's.
    fn levels(&self) -> Vec<Level> {
        let stem = self.stem.pools().then_some(Level {
            channels: self.stem_channels(),
            reduction: 2,
        });
        let stages = self.plan().into_iter().enumerate();
        let stages = stages.map(|(stage, plan)| Level {
            channels: self.out_channels(stage),
            reduction: plan.reduction,
        });
        stem.into_iter().chain(stages).collect()
    }

    /// Where the stem's map is halved by means, a rest at the edge is dropped.
    fn sizes(&self, image: usize) -> Option<Vec<usize>> {
        let drops = self.stem.pools() && self.anti_aliasing == AntiAliasing::Average;
        let size = |level: &Level| match drops && level.reduction > 2 {
            true => (image.div_ceil(2) / 2).div_ceil(level.reduction / 4),
            false => image.div_ceil(level.reduction),
        };
        let sizes: Vec<_> = self.levels().iter().map(size).collect();
        (!sizes.contains(&0)).then_some(sizes)
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
        match self.shortcut {
            _ if self.depth_average => Some(Skip::Average),
            _ if self.connection.streams() > 1 => Some(Skip::Streams),
            ShortcutKind::Plain => None,
            ShortcutKind::ExclusiveGate(_) => Some(Skip::Gate),
            _ => Some(Skip::Add),
        }
    }

    /// Fixup starts it with zeros.
    fn head(&self, head: HeadConfig) -> HeadConfig {
        head.with_zero_init(self.fixup)
    }

    /// timm's ResNetV2 classifies by a convolution of one pixel.
    fn dims_elsewhere(&self, name: &str, own: usize) -> usize {
        if name == "head.fc.weight" { 4 } else { own }
    }

    fn names(&self) -> Names {
        match self.order {
            Order::PostActivation => POST_ACTIVATION,
            Order::PreActivation => PRE_ACTIVATION,
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        ensure!(
            !self.blocks.is_empty() && self.blocks.iter().all(|&blocks| blocks > 0),
            "blocks = {:?}: must be one or more stages of one or more blocks",
            self.blocks
        );
        check::positive("width", self.width)?;
        check::positive("stem_channels", self.stem_channels())?;
        check::positive("in_channels", self.in_channels)?;
        self.stem.check(self.norm)?;
        ensure!(
            self.anti_aliasing == AntiAliasing::None || self.stem_pool == StemPool::Max,
            "stem_pool = {:?}: must be a maximum, to be anti-aliased",
            self.stem_pool
        );
        check::probability("drop_probability", self.drop_probability)?;
        ensure!(
            self.drop_probability == 0.0 || self.block == BlockKind::Basic,
            "drop_probability = {}: must be 0 where blocks are not basic",
            self.drop_probability
        );
        let epsilon = self.weight_standardization.unwrap_or(0.0);
        ensure!(
            epsilon >= 0.0,
            "weight_standardization = {epsilon}: must not be negative"
        );
        check::probability("drop_path_rate", self.drop_path_rate)?;
        check::probability("shake_drop_rate", self.shake_drop_rate)?;
        ensure!(
            !self.depth_average || self.connection == ConnectionKind::Residual,
            "connection = {:?}: must be residual with depth_average",
            self.connection
        );
        if self.depth_average {
            self.carries().iter().try_for_each(ShortcutConfig::check)?;
        }
        if let Some(stride) = self.output_stride {
            let least = self.stem.reduction();
            ensure!(
                stride.is_power_of_two() && stride >= least,
                "output_stride = {stride}: must be a power of two, at least {least}"
            );
        }
        self.norm.check(self.stem_channels())?;
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
