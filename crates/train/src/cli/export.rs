//! `train export`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use train::export_run;

use super::stdout::say;

#[derive(Args, Debug)]
pub struct ExportArgs {
    /// Folder of a run
    run: PathBuf,
    /// File for its weights, which PyTorch and others read
    #[arg(long, value_name = "FILE")]
    safetensors: PathBuf,
    /// Backend: flex, ndarray, wgpu or cuda
    #[arg(long, value_name = "NAME", default_value = "flex")]
    backend: String,
}

impl ExportArgs {
    pub fn run(self) -> Result<()> {
        export_run(&self.run, &self.safetensors, &self.backend)?;
        let file = self.safetensors.display();
        Ok(say(format_args!("the weights are in '{file}'"))?)
    }
}
