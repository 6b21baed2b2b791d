//! Which network is written.

use anyhow::Result;
use burn::tensor::Device;
use models::{ImageSpec, Model, ModelConfig, find};
use serde_json::Map;
use weights::Report;

use crate::data::Preprocessing;
use crate::learned::given::{Given, image_of, preprocessing};
use crate::learned::{Learned, Origin};
use crate::network::{configure, init};
use crate::recipe::Recipe;

/// Which network is written.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// One that has learned.
    Learned(Origin<'a>),
    /// A model of the registry that has learned nothing.
    Model {
        /// Its name.
        name: &'a str,
        /// What its weights are drawn by.
        seed: u64,
        /// Height and width of its images; none: those that it was made for.
        image_size: Option<usize>,
        /// How many classes or values it gives; none: as many as it was made for.
        outputs: Option<usize>,
    },
}

/// A network with its parameters.
pub(super) struct Network {
    /// What the registry calls it.
    pub name: String,
    pub model: Model,
    pub config: ModelConfig,
    pub image: ImageSpec,
    /// What is done to images before it sees them, if that is known.
    pub preprocessing: Option<Preprocessing>,
    /// What its outputs are called, if that is known.
    pub classes: Option<Vec<String>>,
}

impl Subject<'_> {
    /// Makes the network.
    ///
    /// # Errors
    /// If there is no such run or model, or its weights cannot be used.
    pub(super) fn network(self, device: &Device) -> Result<Network> {
        match self {
            Self::Learned(Origin::Weights { recipe, report }) => {
                with_weights(recipe, report, device)
            }
            Self::Learned(origin) => {
                let learned = Learned::load(origin, device)?;
                Ok(Network {
                    name: learned.recipe.model.name,
                    model: learned.model,
                    config: learned.config,
                    image: learned.problem.image,
                    preprocessing: Some(learned.problem.preprocessing),
                    classes: Some(learned.problem.classes),
                })
            }
            Self::Model {
                name,
                seed,
                image_size,
                outputs,
            } => {
                let variant = find(name)?;
                let mut image = variant.input();
                if let Some(size) = image_size {
                    (image.height, image.width) = (size, size);
                }
                let outputs = outputs.unwrap_or(variant.outputs());
                let config = configure(name, &Map::new(), image, outputs)?;
                device.seed(seed);
                Ok(Network {
                    name: name.to_string(),
                    model: init(&config, device),
                    config,
                    image,
                    preprocessing: None,
                    classes: None,
                })
            }
        }
    }
}

/// A model with weights of others, of as many outputs as these have. How it sees images need not be
/// known, for it sees none here.
fn with_weights(recipe: &Recipe, report: fn(&Report), device: &Device) -> Result<Network> {
    let image = image_of(recipe)?;
    let preprocessing = match recipe.data.normalization {
        Some(_) => Some(preprocessing(recipe, image)?),
        None => None,
    };
    let given = Given::read(recipe, device)?;
    let (config, model) = given.model(given.outputs, report, device)?;
    Ok(Network {
        name: recipe.model.name.clone(),
        model,
        config,
        image,
        preprocessing,
        classes: given.labels(),
    })
}
