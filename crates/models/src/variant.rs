//! A variant: a name, and a configuration for the images that it was made for.

use skip_blocks::outline::Outline;

use crate::sizes::{Size, size_of};
use crate::{DecoderConfig, EncoderConfig, ImageSpec, ModelConfig, Package, Skips, Task, Twin};

/// Images, and how many outputs: what a family's papers measure on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    image: ImageSpec,
    outputs: usize,
}

const fn setting(channels: usize, size: usize, outputs: usize) -> Setting {
    Setting {
        image: ImageSpec::new(channels, size, size),
        outputs,
    }
}

/// ImageNet's images and classes.
pub(crate) const IMAGENET: Setting = setting(3, 224, 1000);
/// Small images, for small machines.
pub(crate) const SMALL: Setting = setting(3, 64, 10);
/// CIFAR-10's.
pub(crate) const CIFAR: Setting = setting(3, 32, 10);
/// MNIST's.
pub(crate) const DIGITS: Setting = setting(1, 28, 10);
/// Gray images of microscopes, background and foreground.
pub(crate) const MICROSCOPY: Setting = setting(1, 256, 2);
/// The original U-Net's.
pub(crate) const PAPER: Setting = setting(1, 572, 2);
/// What a composed model is measured on where its encoder classifies ImageNet.
pub(crate) const FOREGROUND: usize = 1;

/// A named model.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    name: String,
    input: ImageSpec,
    config: ModelConfig,
    twin: Option<Twin>,
}

/// A variant that tells images apart.
pub(crate) fn classifier(
    name: &str,
    setting: Setting,
    encoder: impl Into<EncoderConfig>,
) -> Variant {
    let config = ModelConfig::classifier(encoder, setting.outputs);
    Variant::new(name.to_string(), setting.image, config)
}

/// A variant that tells pixels apart.
pub(crate) fn segmenter(
    name: &str,
    setting: Setting,
    encoder: impl Into<EncoderConfig>,
    decoder: impl Into<DecoderConfig>,
) -> Variant {
    let config = ModelConfig::segmenter(encoder, decoder, setting.outputs);
    Variant::new(name.to_string(), setting.image, config)
}

impl Variant {
    /// A model of this name, for such images.
    pub(crate) fn new(name: String, input: ImageSpec, config: ModelConfig) -> Self {
        Self {
            name,
            input,
            config: config.with_image(input),
            twin: None,
        }
    }

    /// With a twin that is called the same.
    pub(crate) fn with_twin(self, package: Package) -> Self {
        let name = self.name.clone();
        self.with_twin_named(package, &name)
    }

    /// With a twin that is called so.
    pub(crate) fn with_twin_named(mut self, package: Package, name: &str) -> Self {
        let name = name.to_string();
        self.twin = Some(Twin { package, name });
        self
    }

    /// What the model is called everywhere.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    pub fn task(&self) -> Task {
        self.config.task()
    }

    /// How it skips.
    pub fn skips(&self) -> Skips {
        self.config.skips()
    }

    /// The images that it was made for.
    pub fn input(&self) -> ImageSpec {
        self.input
    }

    /// How many outputs it was made for.
    pub fn outputs(&self) -> usize {
        self.config.head.outputs
    }

    /// Its configuration, for those images and outputs.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The same network elsewhere, if there is one.
    pub fn twin(&self) -> Option<&Twin> {
        self.twin.as_ref()
    }

    /// Its size, as the committed table has it; none for a composition that is not
    /// [listed](crate::list()), which [`Variant::measure`] counts.
    pub fn size(&self) -> Option<Size> {
        size_of(&self.name)
    }

    /// Its layers and how they are wired, for one of those images.
    pub fn outline(&self) -> Outline {
        self.config.outline(self.input)
    }

    /// Its size, counted for one of those images: see [`ModelConfig::measure`].
    pub fn measure(&self) -> Size {
        self.config.measure(self.input)
    }
}
