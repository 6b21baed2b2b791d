//! A run's network as a file for others.

use std::path::Path;

use anyhow::Result;

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice, run_on};
use crate::network::configured;
use crate::restore::restore;
use crate::run_folder::{RunFolder, write_aside};

/// Writes the weights that a run answers with, by their public names, as `.safetensors`.
///
/// # Errors
/// If the run has none that can be used, or the file cannot be written.
pub fn export_run(run: &Path, file: &Path, backend: &str) -> Result<()> {
    run_on(backend, Export { run, file })
}

struct Export<'a> {
    run: &'a Path,
    file: &'a Path,
}

impl BackendTask for Export<'_> {
    type Output = ();

    fn run<B: ComputeBackend>(self) -> Result<()> {
        let device = B::device(DeviceChoice::Default)?;
        let folder = RunFolder::open(self.run)?;
        let (config, model) = restore(&folder, &device)?;
        let made = configured(&config.recipe.model, &config.problem)?;
        write_aside(self.file, &weights::to_safetensors(&model, &made)?)
    }
}
