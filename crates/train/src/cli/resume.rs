//! `train resume`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use train::resume;

use super::fit::{Looks, say_summary};

#[derive(Args, Debug)]
pub struct ResumeArgs {
    /// Folder of a run that was stopped or killed, or has ended
    run: PathBuf,
    /// How many epochs there are to be in all, if other than before: the schedule is laid over all
    /// of them
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    #[command(flatten)]
    looks: Looks,
}

impl ResumeArgs {
    pub fn run(self) -> Result<ExitCode> {
        let (stop, mut observer) = self.looks.observer()?;
        let summary = resume(&self.run, self.epochs, observer.as_mut())?;
        say_summary(&summary)?;
        Ok(stop.exit_code())
    }
}
