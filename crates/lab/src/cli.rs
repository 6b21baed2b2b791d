//! The command line: flags to settings, progress to standard error.

mod list;
mod page;
mod run;
mod screen;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures why skip connections work, and makes a page of it
#[derive(Debug, Parser)]
#[command(name = "lab", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::RunArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run experiments and make the page (the default)
    Run(run::RunArgs),
    /// List the experiments with what they expect
    List(list::ListArgs),
    /// Make the page anew from results, without training
    Page(page::PageArgs),
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// Whatever stands in the way, with what to do about it.
    pub fn run(self) -> Result<ExitCode> {
        match self.command.unwrap_or(Command::Run(self.run)) {
            Command::Run(args) => args.run(),
            Command::List(args) => args.run(),
            Command::Page(args) => args.run(),
        }
    }
}
