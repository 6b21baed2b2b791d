//! The command line: flags to typed values, then to the library.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::backend::{DeviceChoice, run_on};
use crate::evaluate::Evaluation;
use crate::fit::{Fit, Summary};
use crate::list;
use crate::predict::Prediction;
use crate::recipe::Overrides;
use crate::stdout::say;

/// Trains skip-connected networks on images, and applies them
#[derive(Debug, Parser)]
#[command(name = "train", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    fit: FitArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a model (the default)
    Fit(FitArgs),
    /// Evaluate a run's model on test images
    Eval(EvalArgs),
    /// Apply a run's model to images
    Predict(PredictArgs),
    /// List the models
    Models {
        /// As an array of JSON objects
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Debug)]
struct FitArgs {
    #[command(flatten)]
    overrides: Overrides,
    /// Folder for what the run leaves; new or empty [default: runs/DATA-MODEL-NUMBER]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Configuration file: the keys of a run's config.json, all optional; flags win over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Show progress as plain lines even on a terminal
    #[arg(long)]
    plain: bool,
}

#[derive(Args, Debug)]
struct EvalArgs {
    /// Folder of a finished run
    run: PathBuf,
    /// Other data than the run's, of the same classes
    #[arg(long, value_name = "NAME|FOLDER")]
    data: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
struct PredictArgs {
    /// Folder of a finished run
    run: PathBuf,
    /// Image files
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// Classification: JSON file to write instead of standard output. Segmentation: new folder
    /// for masks and overlays
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
struct Place {
    /// Backend: flex, ndarray, wgpu or cuda
    #[arg(long, value_name = "NAME", default_value = "flex")]
    backend: String,
    /// Device: default, cpu or gpu:NUMBER
    #[arg(long, value_name = "DEVICE", default_value = "default")]
    device: DeviceChoice,
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// Whatever stands in the way, with what to do about it.
    pub fn run(self) -> Result<()> {
        match self.command.unwrap_or(Command::Fit(self.fit)) {
            Command::Fit(args) => args.run(),
            Command::Eval(args) => args.run(),
            Command::Predict(args) => args.run(),
            Command::Models { json } => {
                let models = if json { list::json()? } else { list::table() };
                Ok(say(models.trim_end())?)
            }
        }
    }
}

impl FitArgs {
    fn run(self) -> Result<()> {
        let file = match &self.config {
            Some(path) => Overrides::read(path)?,
            None => Overrides::default(),
        };
        let fit = Fit {
            recipe: self.overrides.or(file).resolve()?,
            out: self.out,
            plain: self.plain,
        };
        say_summary(&fit.run()?)
    }
}

fn say_summary(summary: &Summary) -> Result<()> {
    say(format_args!(
        "{:.1} s, {:.0} images a second; the best of {} epochs was {}",
        summary.seconds, summary.images_per_second, summary.epochs, summary.best_epoch
    ))?;
    match (summary.test.get("mean_iou"), summary.test.get("accuracy")) {
        (Some(iou), _) => say(format_args!("test mean IoU {iou:.4}"))?,
        (None, Some(accuracy)) => {
            say(format_args!("test accuracy {:.2} %", 100.0 * accuracy))?;
        }
        (None, None) => {}
    }
    Ok(())
}

impl EvalArgs {
    fn run(self) -> Result<()> {
        let evaluation = Evaluation {
            run: self.run,
            data: self.data,
            device: self.place.device,
        };
        let metrics = run_on(&self.place.backend, evaluation)?;
        Ok(say(serde_json::to_string_pretty(&metrics)?)?)
    }
}

impl PredictArgs {
    fn run(self) -> Result<()> {
        let prediction = Prediction {
            run: self.run,
            images: self.images,
            out: self.out,
            device: self.place.device,
        };
        run_on(&self.place.backend, prediction)
    }
}
