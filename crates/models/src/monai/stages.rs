use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::ConfigError;
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::NormKind;
use skip_blocks::seam::part;

use super::unit::ResidualUnit;
use crate::keys::Names;
use crate::{Encode, EncoderFamily, ImageSpec, Level, Levels, Skip};

/// Configures [`MonaiStages`].
#[derive(Config, Debug, PartialEq)]
pub struct MonaiStagesConfig {
    /// Channels of each stage, which halves the size, and of the bottom, which does not.
    pub channels: Vec<usize>,
    /// How many convolutions a residual unit has. Default: 2.
    #[config(default = 2)]
    pub convolutions: usize,
    /// The normalisation. Default: instance, with nothing learned.
    #[config(default = "NormKind::PlainInstance")]
    pub norm: NormKind,
    /// Channels of the images. Default: 1.
    #[config(default = 1)]
    pub in_channels: usize,
}

/// The way down of MONAI's `UNet`: residual units of stride 2, and one without stride at the bottom.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to a map of each stage, each of half the size of the one
/// before, rounded up, the first of half the image's; and one of the bottom, of the last one's size
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{Encode, EncoderFamily, MonaiStagesConfig};
///
/// let device = Device::flex();
/// let stages = MonaiStagesConfig::new(vec![4, 8, 16]).init(&device);
/// let maps = stages.features(Tensor::ones([1, 1, 33, 24], &device));
/// assert_eq!(maps[1].dims(), [1, 8, 9, 6]);
/// assert_eq!(maps[2].dims(), [1, 16, 9, 6]);
/// ```
#[derive(Module, Debug)]
pub struct MonaiStages {
    /// The stages, the largest map's first.
    pub stages: Vec<ResidualUnit>,
    /// The unit at the bottom.
    pub bottom: ResidualUnit,
}

impl EncoderFamily for MonaiStagesConfig {
    type Network = MonaiStages;

    fn levels(&self) -> Vec<Level> {
        let bottom = self.channels.len() - 1;
        let level = |(stage, &channels): (usize, &usize)| Level {
            channels,
            reduction: 2 << stage.min(bottom - 1),
        };
        self.channels.iter().enumerate().map(level).collect()
    }

    fn with_image(self, image: ImageSpec) -> Self {
        self.with_in_channels(image.channels)
    }

    fn skip(&self) -> Option<Skip> {
        Some(Skip::Add)
    }

    fn names(&self) -> Names {
        &[]
    }

    fn check(&self) -> Result<(), ConfigError> {
        ensure!(
            self.channels.len() > 1,
            "channels = {:?}: must be one or more stages and the bottom",
            self.channels
        );
        check::positive("convolutions", self.convolutions)?;
        check::positive("in_channels", self.in_channels)?;
        self.channels.iter().try_for_each(|&channels| {
            check::positive("channels", channels)?;
            self.norm.check(channels)
        })
    }

    fn init(&self, device: &Device) -> MonaiStages {
        check::or_panic(self.check());
        let mut before = self.in_channels;
        let mut unit = |channels: usize, stride| {
            let channels = [std::mem::replace(&mut before, channels), channels];
            ResidualUnit::new(channels, stride, self.convolutions, self.norm, device)
        };
        let bottom = self.channels.len() - 1;
        MonaiStages {
            stages: self.channels[..bottom]
                .iter()
                .map(|&channels| unit(channels, 2))
                .collect(),
            bottom: unit(self.channels[bottom], 1),
        }
    }
}

impl Encode for MonaiStages {
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let x = self.stages.iter().fold(x, |x, stage| {
            let x = part(stage, [x], |stage, [x]| stage.forward(x));
            levels.pass(x)
        });
        part(&self.bottom, [x], |bottom, [x]| bottom.forward(x))
    }
}
