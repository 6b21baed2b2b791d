//! A network that has learned, with all that is needed to apply it: a run's, or a model with weights
//! of others.

pub(crate) mod given;

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use models::{Model, ModelConfig, Task};
use weights::Report;

use self::given::{Given, image_of, preprocessing};
use crate::data::{self, Loader, MaskValues, Problem, classes_of};
use crate::loaders::to_test;
use crate::network::{configured, filled, init};
use crate::recipe::Recipe;
use crate::restore::restore;
use crate::run_folder::{RunConfig, RunFolder};
use crate::shipped::{shipped_config, shipped_weights};

/// Where a network comes from that is applied.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// A run's folder: its network with the parameters of its best epoch.
    Run(&'a Path),
    /// A network that comes with the program, by its [name](crate::shipped()).
    Shipped(&'a str),
    /// A model with weights of others.
    Weights {
        /// A recipe that names them, as
        /// [`Layers::resolve_to_apply`](crate::recipe::Layers::resolve_to_apply) gives it.
        recipe: &'a Recipe,
        /// Who is told what became of them.
        report: fn(&Report),
    },
}

impl Origin<'_> {
    /// The same, with nobody who is told anything.
    pub fn silent(self) -> Self {
        match self {
            Self::Weights { recipe, .. } => Self::Weights {
                recipe,
                report: |_| {},
            },
            other => other,
        }
    }
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(path) => write!(formatter, "the run '{}'", path.display()),
            Self::Shipped(name) => write!(formatter, "the network '{name}'"),
            Self::Weights { recipe, .. } => {
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
            Origin::Weights { recipe, report } => Self::with_weights(recipe, report, device),
        }
    }

    fn shipped(name: &str, device: &Device) -> Result<Self> {
        let RunConfig {
            recipe, problem, ..
        } = shipped_config(name)?;
        let config = configured(&recipe.model, &problem)?;
        let weights = shipped_weights(name)?;
        let (model, _) = filled(init(&config, device), &config, &recipe.model, &weights)?;
        Ok(Self {
            model,
            recipe,
            problem,
            config,
        })
    }

    fn with_weights(recipe: &Recipe, report: fn(&Report), device: &Device) -> Result<Self> {
        let image = image_of(recipe)?;
        let preprocessing = preprocessing(recipe, image)?;
        let given = Given::read(recipe, device)?;
        let task = given.task;
        let (classes, mask_values) = classes(recipe, task, given.labels(), given.outputs)?;
        let (config, model) = given.model(classes.len(), report, device)?;
        Ok(Self {
            recipe: recipe.clone(),
            problem: Problem {
                task,
                image,
                classes,
                mask_values,
                preprocessing,
            },
            config,
            model,
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
