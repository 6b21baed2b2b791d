//! Networks as they start.

use anyhow::{Result, ensure};
use burn::tensor::Device;
use models::{Model, ModelConfig};
use train::Recipe;
use train::data::{DataSet, load};
use train::network::{configure, init};

/// A network as it starts: what a recipe says, drawn by its seed, and no step of it done.
pub struct Start {
    /// How it would be trained.
    pub recipe: Recipe,
    /// Its configuration.
    pub config: ModelConfig,
    /// It, with derivatives.
    pub model: Model,
    /// What it would learn from: at most as many images of each part as the recipe says.
    pub data: DataSet,
    /// Where it is, with derivatives.
    pub device: Device,
}

impl Start {
    /// Of a recipe, on a device without derivatives.
    ///
    /// # Errors
    /// If the images cannot be read, the model cannot take them, or the recipe starts from weights:
    /// such a network has learned already.
    pub fn new(recipe: Recipe, device: &Device) -> Result<Self> {
        ensure!(
            recipe.model.weights.is_none(),
            "model.weights: a network as it starts is drawn at random"
        );
        let data = load(&recipe.data, recipe.run.seed)?.limited(recipe.data.limit);
        let problem = &data.problem;
        let (model, outputs) = (&recipe.model, problem.classes.len());
        let config = configure(&model.name, &model.fields, problem.image, outputs)?;
        device.seed(recipe.run.seed);
        let device = device.clone().autodiff();
        Ok(Self {
            model: init(&config, &device),
            recipe,
            config,
            data,
            device,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use weights::{Entry, entries};

    fn start(seed: u64, shortcut: &str) -> Start {
        let recipe = Recipe::with(json!({
            "data": {"path": "mnist-mini", "limit": 20},
            "model": {"name": "resnet8", "encoder": {"width": 4, "shortcut": shortcut}},
            "run": {"seed": seed},
        }));
        Start::new(recipe.expect("a recipe"), &Device::flex()).expect("a network")
    }

    fn values(seed: u64, shortcut: &str) -> Vec<Entry> {
        let Start { config, model, .. } = start(seed, shortcut);
        entries(&model, &config).expect("values")
    }

    #[test]
    fn a_seed_draws_the_same_network_again_and_another_seed_another() {
        assert_eq!(values(1, "plain"), values(1, "plain"));
        assert_ne!(values(1, "plain"), values(2, "plain"));
    }

    #[test]
    fn networks_of_the_same_layers_start_from_the_same_weights() {
        assert_eq!(values(1, "plain"), values(1, "zero_pad"));
    }

    #[test]
    fn there_are_no_more_images_than_the_recipe_says() {
        assert_eq!(start(1, "plain").data.train.len(), 20);
    }
}
