use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{Act, NormKind};
use skip_blocks::seam::part;
use skip_blocks::{
    ConfigError, ConvPadding, DoubleConv, DoubleConvConfig, EncoderStage, EncoderStageConfig,
};

use crate::keys::Names;
use crate::{Encode, EncoderFamily, ImageSpec, Level, Levels, Skip};

/// Configures [`UNetStages`]. The default is the padded form with batch normalisation.
#[derive(Config, Debug, PartialEq)]
pub struct UNetStagesConfig {
    /// Channels of the first stage; they double with each stage down.
    pub width: usize,
    /// Channels of each stage and of the bottom, instead. Default: none, by `width`.
    #[config(default = "None")]
    pub channels: Option<Vec<usize>>,
    /// How many times the size is halved. Default: 4.
    #[config(default = 4)]
    pub depth: usize,
    /// What the convolutions do at the edge. Default: same.
    #[config(default = "ConvPadding::Same")]
    pub padding: ConvPadding,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// Whether the convolutions have biases although they are normalised. Default: not.
    #[config(default = false)]
    pub bias: bool,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
    /// Channels of the images. Default: 1.
    #[config(default = 1)]
    pub in_channels: usize,
}

/// The U-Net's own way down: two convolutions and a pooling a stage, two convolutions at the bottom.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to a map of each stage and one of the bottom, each of half
/// the size of the one before, rounded up
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{Encode, EncoderFamily, UNetStagesConfig};
///
/// let device = Device::flex();
/// let stages = UNetStagesConfig::new(4).with_depth(2).init(&device);
/// let maps = stages.features(Tensor::ones([1, 1, 33, 21], &device));
/// assert_eq!(maps[2].dims(), [1, 16, 9, 6]);
/// ```
#[derive(Module, Debug)]
pub struct UNetStages {
    /// The stages on the way down, the largest first.
    pub stages: Vec<EncoderStage>,
    /// The convolutions at the bottom.
    pub bottom: DoubleConv,
}

impl UNetStagesConfig {
    fn channels(&self, level: usize) -> [usize; 2] {
        let of = |level: usize| match &self.channels {
            Some(channels) => channels.get(level).copied().unwrap_or(0),
            None => self.width << level,
        };
        let before = level.checked_sub(1).map_or(self.in_channels, of);
        [before, of(level)]
    }

    fn stage(&self, level: usize) -> EncoderStageConfig {
        let [before, channels] = self.channels(level);
        EncoderStageConfig::new(before, channels)
            .with_padding(self.padding)
            .with_norm(self.norm)
            .with_bias(self.bias)
            .with_act(self.act)
    }

    fn bottom(&self) -> DoubleConvConfig {
        let [before, channels] = self.channels(self.depth);
        DoubleConvConfig::new(before, channels)
            .with_padding(self.padding)
            .with_norm(self.norm)
            .with_bias(self.bias)
            .with_act(self.act)
    }
}

impl EncoderFamily for UNetStagesConfig {
    type Network = UNetStages;

    fn levels(&self) -> Vec<Level> {
        let level = |level: usize| Level {
            channels: self.channels(level)[1],
            reduction: 1 << level,
        };
        (0..=self.depth).map(level).collect()
    }

    fn sizes(&self, image: usize) -> Option<Vec<usize>> {
        let mut sizes = vec![];
        let mut size = image;
        for _ in 0..=self.depth {
            let skip = self.padding.size_after(2, size).filter(|&size| size > 0)?;
            sizes.push(skip);
            size = match self.padding {
                ConvPadding::Same => skip.div_ceil(2),
                ConvPadding::Valid => skip / 2,
            };
        }
        Some(sizes)
    }

    fn with_image(self, image: ImageSpec) -> Self {
        self.with_in_channels(image.channels)
    }

    fn skip(&self) -> Option<Skip> {
        None
    }

    fn names(&self) -> Names {
        &[("stages.#.conv", "{0}"), ("stages.#", "{0}")]
    }

    fn check(&self) -> Result<(), ConfigError> {
        check::positive("depth", self.depth)?;
        check::positive("width", self.width)?;
        if let Some(channels) = &self.channels {
            ensure!(
                channels.len() == self.depth + 1,
                "channels = {channels:?}: must be one for each of {} stages and one for the bottom",
                self.depth
            );
        }
        check::positive("in_channels", self.in_channels)?;
        (0..self.depth).try_for_each(|level| self.stage(level).check())?;
        self.bottom().check()
    }

    fn init(&self, device: &Device) -> UNetStages {
        check::or_panic(self.check());
        UNetStages {
            stages: (0..self.depth)
                .map(|level| self.stage(level).init(device))
                .collect(),
            bottom: self.bottom().init(device),
        }
    }
}

impl Encode for UNetStages {
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let mut x = x;
        for stage in &self.stages {
            let (skip, down) = stage.forward(x);
            levels.give(skip);
            x = down;
        }
        part(&self.bottom, [x], |bottom, [x]| bottom.forward(x))
    }
}
