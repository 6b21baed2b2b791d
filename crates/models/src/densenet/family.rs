//! The family as an encoder.

use burn::tensor::Device;
use skip_blocks::ConfigError;
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::Act;

use super::config::DenseNetConfig;
use super::names::NAMES;
use super::network::DenseNet;
use crate::keys::Names;
use crate::{EncoderFamily, ImageSpec, Level, Skip};

impl EncoderFamily for DenseNetConfig {
    type Network = DenseNet;

    /// The stem's map before large images, and each block's after the normalisation and activation
    /// that follow it.
    fn levels(&self) -> Vec<Level> {
        let stem = self.stem.pools().then_some(Level {
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
        if self.stem.pools() {
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

    /// The last map is not activated.
    fn under_decoder(self) -> Self {
        self.with_last_act(Some(Act::None))
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
        self.stem.check(self.norm)?;
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
