//! A network that has learned, with all that is needed to apply it: a run's, or a model with weights
//! of others.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use models::{ImageSpec, Model, ModelConfig, Task, find};
use weights::{Weights, outputs};

use crate::data::{self, Loader, MaskValues, Preprocessing, Problem, Scaling, Size, classes_of};
use crate::loaders::to_test;
use crate::network::{configure, configured, filled, init, options};
use crate::recipe::{Recipe, declaration};
use crate::restore::restore;
use crate::run_folder::{RunConfig, RunFolder};
use crate::shipped::{shipped_config, shipped_weights};
use crate::weights_file::weights_file;

/// Where a network comes from that is applied.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// A run's folder: its network with the parameters of its best epoch.
    Run(&'a Path),
    /// A network that comes with the program, by its [name](crate::shipped()).
    Shipped(&'a str),
    /// A recipe that names weights of others, as
    /// [`Layers::resolve_to_apply`](crate::recipe::Layers::resolve_to_apply) gives it: its model,
    /// with these weights.
    Weights(&'a Recipe),
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(path) => write!(formatter, "the run '{}'", path.display()),
            Self::Shipped(name) => write!(formatter, "the network '{name}'"),
            Self::Weights(recipe) => {
                let weights = recipe.model.weights.as_deref().unwrap_or_default();
                let name = &recipe.model.name;
                write!(formatter, "the model '{name}' of '{weights}'")
            }
        }
    }
}

/// A network that has learned.
pub struct Learned {
    /// How it was trained, or is tested.
    pub recipe: Recipe,
    /// What it has learned.
    pub problem: Problem,
    /// Its configuration.
    pub config: ModelConfig,
    /// It, with what it has learned.
    pub model: Model,
}

impl Learned {
    /// Makes the network, and gives it its parameters.
    ///
    /// # Errors
    /// If they cannot be read, or do not fit, or something that they need is not known.
    pub fn load(origin: Origin<'_>, device: &Device) -> Result<Self> {
        match origin {
            Origin::Run(path) => {
                let (run, model) = restore(&RunFolder::open(path)?, device)?;
                Ok(Self {
                    config: configured(&run.recipe.model, &run.problem)?,
                    recipe: run.recipe,
                    problem: run.problem,
                    model,
                })
            }
            Origin::Shipped(name) => Self::shipped(name, device),
            Origin::Weights(recipe) => Self::with_weights(recipe, device),
        }
    }

    fn shipped(name: &str, device: &Device) -> Result<Self> {
        let RunConfig {
            recipe, problem, ..
        } = shipped_config(name)?;
        let config = configured(&recipe.model, &problem)?;
        let weights = shipped_weights(name)?;
        Ok(Self {
            model: filled(init(&config, device), &config, &recipe.model, &weights)?,
            recipe,
            problem,
            config,
        })
    }

    fn with_weights(recipe: &Recipe, device: &Device) -> Result<Self> {
        let model = &recipe.model;
        let name = model.weights.as_deref().context("no weights are given")?;
        ensure!(
            !model.new_head,
            "model.new_head: without training, a head that is left as it is says nothing"
        );
        let found = weights_file(name, &mut |_| {})?;
        let weights = Weights::read(&found.weights)?;
        let said = declaration(name)?.unwrap_or_default();
        let image = image_of(recipe)?;
        let variant = find(&model.name)?;
        // Made for as many outputs as the file has, which its head tells.
        let made = configure(&model.name, &model.fields, image, variant.outputs())?;
        let own = outputs(&made.init(device), &made, &weights, &options(model)?);
        let count = own.or(said.outputs).unwrap_or(variant.outputs());
        let (classes, mask_values) = classes(recipe, variant.task(), said.labels, count)?;
        let config = configure(&model.name, &model.fields, image, classes.len())?;
        let network = filled(init(&config, device), &config, model, &weights)
            .with_context(|| format!("--weights {name} and the model '{}'", model.name))?;
        let problem = Problem {
            task: variant.task(),
            image,
            classes,
            mask_values,
            preprocessing: preprocessing(recipe, image)?,
        };
        problem.preprocessing.check().context("data")?;
        Ok(Self {
            recipe: recipe.clone(),
            problem,
            config,
            model: network,
        })
    }

    /// The test images of the recipe's data, in batches as the test has them: all of them, also where
    /// `data.limit` held the run's own test to fewer.
    ///
    /// # Errors
    /// If the images are not to be had, or are not of the problem.
    pub fn to_test(&self, device: &Device) -> Result<Loader> {
        let Self {
            recipe, problem, ..
        } = self;
        let data = data::load_for(&recipe.data, problem, recipe.run.seed)?;
        Ok(to_test(recipe, problem, &data.test, device))
    }

    /// Whether the network can take an image of this height and width as it is.
    ///
    /// # Errors
    /// If it cannot, with what it can.
    pub fn check_size(&self, [height, width]: [usize; 2]) -> Result<()> {
        if self.problem.preprocessing.size.is_none() {
            let answer = self.config.answer_size(height, width);
            answer
                .context("images are seen as large as they are; --set data.size=.. resizes them")?;
        }
        Ok(())
    }
}

/// The images that go into the network: of the recipe's size, or where they keep their own, of that
/// for which the model was made.
fn image_of(recipe: &Recipe) -> Result<ImageSpec> {
    let own = find(&recipe.model.name)?.input();
    let [height, width] = recipe
        .data
        .size
        .map_or([own.height, own.width], Size::sides);
    let channels = recipe.data.channels.unwrap_or(own.channels);
    Ok(ImageSpec::new(channels, height, width))
}

fn preprocessing(recipe: &Recipe, image: ImageSpec) -> Result<Preprocessing> {
    let data = &recipe.data;
    let told = data.normalization.as_ref().and_then(Scaling::told);
    Ok(Preprocessing {
        channels: image.channels,
        size: data.size.map(Size::sides),
        resizing: data.fit.unwrap_or_default(),
        interpolation: data.interpolation.unwrap_or_default(),
        normalization: told.context(
            "data.normalization: without images to learn from nothing can be measured; give \
             `image` or `moments`",
        )?,
        pages: data.pages,
    })
}

/// The names of the outputs, as is said with the weights, or as the data has them, or numbers; and
/// what the values of the data's masks stand for.
fn classes(
    recipe: &Recipe,
    task: Task,
    labels: Option<Vec<String>>,
    outputs: usize,
) -> Result<(Vec<String>, Option<MaskValues>)> {
    // One output that says yes or no speaks of two classes.
    let count = match (task, outputs) {
        (Task::Classification | Task::Segmentation, 1) => 2,
        _ => outputs,
    };
    let labels = labels.filter(|labels| labels.len() == count);
    let data = &recipe.data;
    if data.path.is_empty() {
        let names = || match (task, count) {
            (Task::Segmentation, 2) => vec!["background".to_string(), "foreground".to_string()],
            _ => (0..count).map(|class| class.to_string()).collect(),
        };
        return Ok((labels.unwrap_or_else(names), None));
    }
    let (classes, mask_values) = classes_of(data)?;
    if let Some(labels) = labels {
        return Ok((labels, mask_values));
    }
    ensure!(
        classes.len() == count,
        "'{}' has {} classes ({}); the model says something of {count}, and nothing says what they \
         are called",
        data.path,
        classes.len(),
        classes.join(", ")
    );
    Ok((classes, mask_values))
}

#[cfg(test)]
mod tests;
