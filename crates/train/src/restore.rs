//! A run's network, back from its folder.

use anyhow::{Context, Result};
use burn::tensor::Device;
use models::Model;

use crate::checkpoint::load_best;
use crate::network::{configured, init};
use crate::run_folder::{RunConfig, RunFolder};

/// The network of a run, with its best parameters.
///
/// # Errors
/// If the folder is of another version, has no parameters, or they are damaged.
pub(crate) fn restore(folder: &RunFolder, device: &Device) -> Result<(RunConfig, Model)> {
    let config = folder.read_config()?;
    let checkpoint = folder.newest_checkpoint()?;
    let made = configured(&config.recipe.model, &config.problem)?;
    let model = load_best(&checkpoint, init(&made, device)).with_context(|| {
        format!(
            "the run '{}' cannot be used; get a copy that is whole, or go back to the checkpoint \
             before with the command `resume`",
            folder.path().display()
        )
    })?;
    Ok((config, model))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::mutations;

    #[test]
    fn a_damaged_config_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let run = RunFolder::create(folder.path()).expect("makes");
        let whole = include_bytes!("../weights/unet.nuclei/config.json");
        for bytes in mutations(whole, 2000) {
            std::fs::write(run.config(), bytes).expect("writes");
            let config = run.read_config();
            config
                .and_then(|config| configured(&config.recipe.model, &config.problem))
                .ok();
        }
    }
}
