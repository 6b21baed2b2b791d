//! `train resume`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;
use train::{go_on, is_repeated, resume};

use super::fit::{Looks, say_repeated, say_summary};

#[derive(Args, Debug)]
pub struct ResumeArgs {
    /// Folder of a run, or of several, that was stopped or killed, or has ended
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
        match is_repeated(&self.run) {
            true => {
                ensure!(
                    self.epochs.is_none(),
                    "--epochs: '{}' is a folder of several runs, which end with the same epochs; \
                     give one of them",
                    self.run.display()
                );
                say_repeated(&self.run, go_on(&self.run, observer.as_mut())?)?;
            }
            false => say_summary(&resume(&self.run, self.epochs, observer.as_mut())?)?,
        }
        Ok(stop.exit_code())
    }
}
