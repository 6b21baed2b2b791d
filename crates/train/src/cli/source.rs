//! The network that a command applies: a run's, or a model with weights of others.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;
use train::recipe::{Layers, at_path};
use train::{Origin, Recipe};

use super::fetch::fetch;
use super::flags::Setting;

/// Weights, or where there are none, a run.
///
/// # Errors
/// If there is neither.
pub fn origin<'a>(run: Option<&'a Path>, weights: Option<&'a Recipe>) -> Result<Origin<'a>> {
    match weights {
        Some(recipe) => Ok(Origin::Weights(recipe)),
        None => Ok(Origin::Run(run.context("no run is given")?)),
    }
}

/// Weights in the place of a run.
#[derive(Args, Debug)]
pub struct WeightsArgs {
    /// Instead of a run, weights: a file (.safetensors, .pth, .pt, .bin or .npz), or OWNER/NAME on
    /// the Hugging Face hub
    #[arg(long, value_name = "FILE|NAME")]
    weights: Option<String>,
    /// The model that they are of [default: as the config.json beside them says]
    #[arg(long, value_name = "NAME", requires = "weights")]
    model: Option<String>,
    /// With weights, any value of a recipe by its path, as data.size=256; may be given again
    #[arg(long, value_name = "PATH=VALUE", requires = "weights")]
    set: Vec<Setting>,
}

impl WeightsArgs {
    /// The run, where no weights are given in its place, and the images.
    ///
    /// # Errors
    /// If there are no images.
    pub fn run_and_rest<'a>(
        &self,
        paths: &'a [PathBuf],
    ) -> Result<(Option<&'a Path>, &'a [PathBuf])> {
        let (run, images) = match (&self.weights, paths) {
            (Some(_), images) => (None, images),
            (None, [run, images @ ..]) => (Some(run.as_path()), images),
            (None, []) => (None, paths),
        };
        ensure!(
            !images.is_empty(),
            "no image is given; name image files after the run"
        );
        Ok((run, images))
    }

    /// The recipe of the model with these weights, if there are any, for such data; what follows
    /// from the weights is told on standard error.
    ///
    /// # Errors
    /// If the weights are not to be had, or say too little.
    pub fn recipe(self, data: Option<&str>) -> Result<Option<Recipe>> {
        let Some(weights) = self.weights else {
            return Ok(None);
        };
        let model = match self.model {
            Some(name) => json!({"name": name, "weights": weights}),
            None => json!({"weights": weights}),
        };
        let mut layers = Layers::default().over(None, at_path("model", model));
        if let Some(data) = data {
            layers = layers.over(None, at_path("data.path", json!(data)));
        }
        fetch(&weights)?;
        let layers = Setting::over_all(self.set, layers);
        let named = || format!("--weights {weights}");
        let (recipe, followed) = layers.resolve_to_apply().with_context(named)?;
        eprintln!("{followed}");
        Ok(Some(recipe))
    }
}
