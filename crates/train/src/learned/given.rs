//! Weights of others, and what is known of the network that they are of.

use anyhow::{Context, Result, bail, ensure};
use burn::tensor::Device;
use models::{ImageSpec, Model, ModelConfig, Task, find};
use weights::{Declaration, Report, Weights, outputs};

use crate::data::{Preprocessing, Size};
use crate::network::{configure, filled, init, options};
use crate::recipe::{Recipe, declaration};
use crate::weights_file::weights_file;

/// Weights of others, for a recipe's model.
pub(crate) struct Given<'a> {
    recipe: &'a Recipe,
    weights: Weights,
    said: Declaration,
    /// What the model is for.
    pub task: Task,
    /// How many outputs they have.
    pub outputs: usize,
}

impl<'a> Given<'a> {
    /// Reads those that a recipe names.
    ///
    /// # Errors
    /// If there are none, they cannot be read, or they are to be only a part of the model.
    pub fn read(recipe: &'a Recipe, device: &Device) -> Result<Self> {
        let model = &recipe.model;
        let name = model.weights.as_deref().context("no weights are given")?;
        ensure!(
            !model.new_head,
            "model.new_head: without training, a head that is left as it is says nothing"
        );
        let found = weights_file(name, &mut |_| {})?;
        let weights = Weights::read(&found.weights)?;
        let said = declaration(name)?.unwrap_or_default();
        let variant = find(&model.name)?;
        // Made for as many outputs as the file has, which its head tells.
        let image = image_of(recipe)?;
        let made = configure(&model.name, &model.fields, image, variant.outputs())?;
        let own = outputs(&made.init(device), &made, &weights, &options(model)?);
        Ok(Self {
            recipe,
            outputs: own.or(said.outputs).unwrap_or(variant.outputs()),
            weights,
            said,
            task: variant.task(),
        })
    }

    /// What the outputs are called, if it is said.
    pub fn labels(&self) -> Option<Vec<String>> {
        self.said.labels.clone()
    }

    /// The model for so many outputs, with these weights.
    ///
    /// # Errors
    /// If they do not fit.
    pub fn model(
        &self,
        outputs: usize,
        report: fn(&Report),
        device: &Device,
    ) -> Result<(ModelConfig, Model)> {
        let model = &self.recipe.model;
        let image = image_of(self.recipe)?;
        let config = configure(&model.name, &model.fields, image, outputs)?;
        let filled = filled(init(&config, device), &config, model, &self.weights);
        let (network, became) = filled.with_context(|| {
            let name = model.weights.as_deref().unwrap_or_default();
            format!("--weights {name} and the model '{}'", model.name)
        })?;
        report(&became);
        Ok((config, network))
    }
}

/// The images that go into the network: of the recipe's size, or where they keep their own, of that
/// for which the model was made.
pub(crate) fn image_of(recipe: &Recipe) -> Result<ImageSpec> {
    let own = find(&recipe.model.name)?.input();
    let [height, width] = recipe
        .data
        .size
        .map_or([own.height, own.width], Size::sides);
    let channels = recipe.data.channels.unwrap_or(own.channels);
    Ok(ImageSpec::new(channels, height, width))
}

/// What is done to images before such a network sees them.
///
/// # Errors
/// If nothing says how their values are scaled, or a value is out of its range.
pub(crate) fn preprocessing(recipe: &Recipe, image: ImageSpec) -> Result<Preprocessing> {
    let data = &recipe.data;
    let Some(scaling) = &data.normalization else {
        bail!(
            "nothing says how the values of images are scaled for the weights '{}'; put the \
             config.json of timm beside them, or give --set \
             'data.normalization={{\"moments\": {{\"mean\": [..], \"deviation\": [..]}}}}'",
            recipe.model.weights.as_deref().unwrap_or_default()
        );
    };
    let preprocessing = Preprocessing {
        channels: image.channels,
        size: data.size.map(Size::sides),
        resizing: data.fit.unwrap_or_default(),
        interpolation: data.interpolation.unwrap_or_default(),
        normalization: scaling.told().context(
            "data.normalization: without images to learn from nothing can be measured; give \
             `image` or `moments`",
        )?,
        pages: data.pages,
    };
    preprocessing.check().context("data")?;
    Ok(preprocessing)
}
