//! The command line: flags to typed values, then to the library; what comes of it to standard
//! output, and how it goes to standard error.

mod data;
mod devices;
mod embed;
mod eval;
mod export;
mod fetch;
mod find_lr;
mod fit;
mod flags;
mod lines;
mod models;
mod place;
mod predict;
mod resume;
mod screen;
mod source;
mod stdout;
mod stop;
mod tiling;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Trains skip-connected networks on images, and applies them
#[derive(Debug, Parser)]
#[command(name = "train", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    fit: fit::FitArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a model (the default)
    Fit(fit::FitArgs),
    /// Go on with a run that was stopped or killed, or make it longer
    Resume(resume::ResumeArgs),
    /// Look for a learning rate
    FindLr(find_lr::FindLrArgs),
    /// Evaluate a run's model, or one with weights of others, on test images
    Eval(eval::EvalArgs),
    /// Write what a run's model makes of images before it answers, or find images that are alike
    Embed(embed::EmbedArgs),
    /// Write a run's network, or a model, as a file for others
    Export(export::ExportArgs),
    /// Apply a run's model, or one with weights of others, to images
    Predict(predict::PredictArgs),
    /// List the models, or the layers of one
    Models(models::ModelsArgs),
    /// Say what a data set is, and show it as training sees it
    Data(data::DataArgs),
    /// List the devices that can compute
    Devices(devices::DevicesArgs),
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// Whatever stands in the way, with what to do about it.
    pub fn run(self) -> Result<ExitCode> {
        match self.command.unwrap_or(Command::Fit(self.fit)) {
            Command::Fit(args) => return args.run(),
            Command::Resume(args) => return args.run(),
            Command::FindLr(args) => args.run()?,
            Command::Eval(args) => args.run()?,
            Command::Embed(args) => args.run()?,
            Command::Export(args) => args.run()?,
            Command::Predict(args) => args.run()?,
            Command::Models(args) => args.run()?,
            Command::Data(args) => args.run()?,
            Command::Devices(args) => args.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
