//! Which network is written.

use std::path::Path;

use anyhow::Result;
use burn::tensor::Device;
use models::{ImageSpec, Model, ModelConfig, find};
use serde_json::Map;

use crate::data::Preprocessing;
use crate::learned::{Learned, Origin};
use crate::network::{configure, start};
use crate::recipe;

/// Which network is written.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// One that has learned.
    Learned(Origin<'a>),
    /// A model of the registry.
    Model {
        /// Its name.
        name: &'a str,
        /// A file of weights; none: they are drawn.
        weights: Option<&'a Path>,
        /// What they are drawn by.
        seed: u64,
        /// Height and width of its images; none: those that it was made for.
        image_size: Option<usize>,
        /// How many classes or values it gives; none: as many as it was made for.
        outputs: Option<usize>,
    },
}

/// A network with its parameters.
pub(super) struct Network {
    pub model: Model,
    pub config: ModelConfig,
    pub image: ImageSpec,
    /// What is done to images before it sees them, if that is known.
    pub preprocessing: Option<Preprocessing>,
}

impl Subject<'_> {
    /// Makes the network.
    ///
    /// # Errors
    /// If there is no such run or model, or its weights cannot be used.
    pub(super) fn network(self, device: &Device) -> Result<Network> {
        match self {
            Self::Learned(origin) => {
                let learned = Learned::load(origin, device)?;
                Ok(Network {
                    model: learned.model,
                    config: learned.config,
                    image: learned.problem.image,
                    preprocessing: Some(learned.problem.preprocessing),
                })
            }
            Self::Model {
                name,
                weights,
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
                let recipe = recipe::Model {
                    name: name.to_string(),
                    weights: weights.map(|file| file.to_string_lossy().into_owned()),
                    key_map: None,
                    new_head: false,
                    encoder_only: false,
                    averaged_weights: false,
                    fields: Map::new(),
                };
                let config = configure(name, &recipe.fields, image, outputs)?;
                device.seed(seed);
                Ok(Network {
                    model: start(&recipe, &config, device)?,
                    config,
                    image,
                    preprocessing: None,
                })
            }
        }
    }
}
