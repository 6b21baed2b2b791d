//! The family as an encoder.

use burn::tensor::Device;
use skip_blocks::check::{self, ensure};
use skip_blocks::{BottleneckConfig, ConfigError};

use super::config::{HrNetConfig, STEM, SUMMED, TopKind};
use super::names::NAMES;
use super::network::HrNet;
use crate::keys::Names;
use crate::{EncoderFamily, ImageSpec, Level, Skip};

impl EncoderFamily for HrNetConfig {
    type Network = HrNet;

    /// The stem's map, and those of all sizes; instead of the smallest, where there is one, the sum
    /// of all.
    fn levels(&self) -> Vec<Level> {
        let mut channels = self.given();
        if let (Some(last), false) = (channels.last_mut(), self.top == TopKind::None) {
            *last = SUMMED;
        }
        let maps = std::iter::once(STEM).chain(channels).enumerate();
        let level = |(map, channels)| Level {
            channels,
            reduction: 2_usize << map,
        };
        maps.map(level).collect()
    }

    fn with_image(self, image: ImageSpec) -> Self {
        self.with_in_channels(image.channels)
    }

    /// Each map stands for itself.
    fn under_decoder(self) -> Self {
        self.with_top(TopKind::None)
    }

    fn skip(&self) -> Option<Skip> {
        Some(Skip::Add)
    }

    fn names(&self) -> Names {
        NAMES
    }

    fn check(&self) -> Result<(), ConfigError> {
        ensure!(
            !self.modules.is_empty() && self.modules.iter().all(|&modules| modules > 0),
            "modules = {:?}: must be one or more stages of one or more modules",
            self.modules
        );
        check::positive("width", self.width)?;
        check::positive("first_blocks", self.first_blocks)?;
        check::positive("blocks", self.blocks)?;
        check::positive("in_channels", self.in_channels)?;
        self.norm.check(STEM)?;
        self.norm.check(SUMMED)?;
        self.block(self.width).check()?;
        let bottlenecks = self.first().into_iter().chain(self.increase());
        bottlenecks
            .into_iter()
            .try_for_each(|block: BottleneckConfig| block.check())
    }

    fn init(&self, device: &Device) -> HrNet {
        check::or_panic(self.check());
        HrNet::new(self, device)
    }
}
