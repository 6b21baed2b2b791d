//! The network that a command applies: a run's, or a model with weights of others.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};
use train::recipe::{Layers, at_path};
use train::{Origin, Recipe, is_shipped, shipped};
use weights::Report;

use super::fetch::fetch;
use super::flags::Setting;

/// Weights, or where there are none, a run, or a network that comes with the program. A run's folder
/// that has such a name is the run.
///
/// # Errors
/// If there is none of them.
pub fn origin<'a>(run: Option<&'a Path>, weights: Option<&'a Recipe>) -> Result<Origin<'a>> {
    if let Some(recipe) = weights {
        return Ok(with_weights(recipe));
    }
    let run = run.context("no run is given")?;
    if let Some(shipped) = shipped_origin(run) {
        return Ok(shipped);
    }
    ensure!(
        run.exists(),
        "'{}' is neither the folder of a run nor a network that comes with the program: {}",
        run.display(),
        shipped().join(", ")
    );
    Ok(Origin::Run(run))
}

/// A model with weights of others. What became of them, beyond that each went to its name, is told on
/// standard error.
pub fn with_weights(recipe: &Recipe) -> Origin<'_> {
    let report = |report: &Report| {
        if let Some(text) = told(report) {
            eprintln!("{text}");
        }
    };
    Origin::Weights { recipe, report }
}

/// What is said of weights, if anything is.
pub fn told(report: &Report) -> Option<String> {
    let text = report.to_string();
    (!text.is_empty()).then(|| format!("the weights: {text}"))
}

/// The network of this name that comes with the program, if it is none of a path.
pub fn shipped_origin(path: &Path) -> Option<Origin<'_>> {
    let name = path.to_str().filter(|name| is_shipped(name))?;
    (!path.exists()).then_some(Origin::Shipped(name))
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
    /// Names of that file, where they are not the model's: a list of pairs of paths in JSON
    #[arg(long, value_name = "FILE.json", requires = "weights")]
    key_map: Option<String>,
    /// With weights, any value of a recipe by its path, as data.size=256; may be given again
    #[arg(long, value_name = "PATH=VALUE", requires = "weights")]
    set: Vec<Setting>,
}

impl WeightsArgs {
    /// Whether there are any.
    pub fn are_given(&self) -> bool {
        self.weights.is_some()
    }

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

    /// The recipe of the model with these weights, if there are any, over what was given beside them;
    /// what follows from the weights is told on standard error.
    ///
    /// # Errors
    /// If the weights are not to be had, or say too little.
    pub fn recipe(self, given: Value) -> Result<Option<Recipe>> {
        let Some(weights) = self.weights else {
            return Ok(None);
        };
        ensure!(
            !is_shipped(&weights),
            "--weights {weights}: this is a whole network; name it in the place of a run, without \
             --weights"
        );
        let mut layers = Layers::default()
            .over(None, given)
            .over(None, at_path("model.weights", json!(weights)));
        for (path, value) in [("model.name", self.model), ("model.key_map", self.key_map)] {
            if let Some(value) = value {
                layers = layers.over(None, at_path(path, json!(value)));
            }
        }
        fetch(&weights)?;
        let layers = Setting::over_all(self.set, layers);
        let named = || format!("--weights {weights}");
        let (recipe, followed) = layers.resolve_to_apply().with_context(named)?;
        eprintln!("{followed}");
        Ok(Some(recipe))
    }
}
