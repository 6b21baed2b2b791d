//! A run's network, back from its folder.

use anyhow::{Context, Result};
use burn::tensor::Device;
use models::Model;

use crate::checkpoint::load_best;
use crate::network::{configure, init};
use crate::recipe;
use crate::run_folder::{RunConfig, RunFolder};

/// The network of a run, with its best parameters.
///
/// # Errors
/// If the folder is of another version, has no parameters, or they are damaged.
pub(crate) fn restore(folder: &RunFolder, device: &Device) -> Result<(RunConfig, Model)> {
    let config = folder.read_config()?;
    let checkpoint = folder.newest_checkpoint()?;
    let recipe::Model { name, fields } = &config.recipe.model;
    let problem = &config.problem;
    let made = configure(name, fields, problem.image, problem.classes.len())?;
    let model = load_best(&checkpoint, init(&made, device)).with_context(|| {
        format!(
            "the run '{}' cannot be used; get a copy that is whole, or go back to the checkpoint \
             before with the command `resume`",
            folder.path().display()
        )
    })?;
    Ok((config, model))
}
