//! `train eval`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use train::evaluate_run;

use super::place::Place;
use super::stdout::say;

#[derive(Args, Debug)]
pub struct EvalArgs {
    /// Folder of a finished run
    run: PathBuf,
    /// Other data than the run's, of the same classes
    #[arg(long, value_name = "NAME|FOLDER")]
    data: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl EvalArgs {
    pub fn run(self) -> Result<()> {
        let Place { backend, device } = self.place;
        let values = evaluate_run(&self.run, self.data.as_deref(), &backend, device)?;
        Ok(say(serde_json::to_string_pretty(&values.record())?)?)
    }
}
