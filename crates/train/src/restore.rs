//! A run's network, back from its folder.

use anyhow::{Context, Result};
use burn::tensor::Device;

use crate::checkpoint::load_best;
use crate::network::Network;
use crate::run_folder::{RunConfig, RunFolder};

/// The network of a run, with its best parameters.
///
/// # Errors
/// If the folder is of another version, has no parameters, or they are damaged.
pub(crate) fn restore(folder: &RunFolder, device: &Device) -> Result<(RunConfig, Network)> {
    let config = folder.read_config()?;
    let manifest = folder.manifest()?;
    let name = &config.recipe.model.name;
    let problem = &config.problem;
    let network = Network::new(name, problem.image, problem.classes.len(), false, device)?;
    let network = load_best(&manifest, network)
        .with_context(|| format!("the run '{}' cannot be used", folder.path().display()))?;
    Ok((config, network))
}
