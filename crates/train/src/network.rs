//! A model of the registry as a thing that learns: all tasks in one form.
//!
//! An image's class is a map of one pixel: outputs are `[batch, channels, height, width]`, with
//! height and width 1 where they speak of the whole image. So loss, metrics and training are
//! written once.

use anyhow::Result;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use models::{Architecture, Classifier, ImageSpec, Segmenter, find};

/// A model of the registry.
#[derive(Module, Debug)]
pub enum Network {
    /// One class an image.
    Classifier(Classifier),
    /// One class a pixel.
    Segmenter(Segmenter),
}

impl Network {
    /// Makes the model for images and a number of outputs, its blocks computed again on the way
    /// back if `recompute`. Its parameters are drawn at once, so that a seed set before gives the
    /// same ones.
    ///
    /// # Errors
    /// If there is no such model, or it cannot take the images.
    pub fn new(
        name: &str,
        image: ImageSpec,
        outputs: usize,
        recompute: bool,
        device: &Device,
    ) -> Result<Self> {
        let entry = find(name)?;
        let network = match entry.architecture {
            Architecture::Classifier(config) => {
                let config = config(image, outputs).with_recompute(recompute);
                Self::Classifier(config.init(device))
            }
            Architecture::Segmenter(config) => {
                let config = config(image, outputs).with_recompute(recompute);
                Self::Segmenter(config.init(device))
            }
        };
        network.visit(&mut Draw);
        Ok(network)
    }

    /// What the model says of images; the first is its answer.
    pub fn forward(&self, images: Tensor<4>) -> Vec<Tensor<4>> {
        vec![match self {
            Self::Classifier(model) => {
                let logits = model.forward(images);
                let [batch, classes] = logits.dims();
                logits.reshape([batch, classes, 1, 1])
            }
            Self::Segmenter(model) => model.forward(images),
        }]
    }
}

/// Draws every parameter: Burn's are lazy, and would be drawn in the order of their first use.
struct Draw;

impl ModuleVisitor for Draw {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        param.val();
    }
}
