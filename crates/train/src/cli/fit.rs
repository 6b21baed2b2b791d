//! `train fit`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use train::recipe::{Layers, read_file};
use train::{Observer, Recipe, Summary, fit};

use super::flags::{Flags, Setting};
use super::lines::Lines;
use super::screen::Screen;
use super::stdout::say;
use super::stop::Stop;

/// A recipe, as it is given.
#[derive(Args, Debug)]
pub struct RecipeArgs {
    #[command(flatten)]
    flags: Flags,
    /// Any value of a recipe by its path, as model.shortcut=plain; may be given again
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<Setting>,
    /// Configuration file, TOML or JSON: the keys of a run's config.json, all optional; flags win
    /// over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl RecipeArgs {
    pub fn resolve(self) -> Result<Recipe> {
        let mut layers = Layers::default();
        if let Some(path) = &self.config {
            let origin = format!("the configuration file '{}' is wrong", path.display());
            layers = layers.over(Some(origin), read_file(path)?);
        }
        Setting::over_all(self.set, self.flags.over(layers)).resolve()
    }
}

#[derive(Args, Debug)]
pub struct FitArgs {
    #[command(flatten)]
    recipe: RecipeArgs,
    /// Folder for what the run leaves; new or empty [default: runs/DATA-MODEL-NUMBER]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    #[command(flatten)]
    looks: Looks,
}

/// How a run is looked at.
#[derive(Args, Debug)]
pub struct Looks {
    /// Show progress as plain lines even on a terminal
    #[arg(long)]
    plain: bool,
}

impl Looks {
    /// Who looks on, and what ends the run.
    pub fn observer(&self) -> Result<(Stop, Box<dyn Observer>)> {
        let stop = Stop::install()?;
        let observer: Box<dyn Observer> = match self.plain || !std::io::stdout().is_terminal() {
            true => Box::new(Lines::new(stop.clone())),
            false => Box::new(Screen::new(stop.clone())),
        };
        Ok((stop, observer))
    }
}

impl FitArgs {
    pub fn run(self) -> Result<ExitCode> {
        let recipe = self.recipe.resolve()?;
        let (stop, mut observer) = self.looks.observer()?;
        let summary = fit(&recipe, self.out.as_deref(), observer.as_mut())?;
        say_summary(&summary)?;
        Ok(stop.exit_code())
    }
}

/// What came of a run, and how it can go on.
pub fn say_summary(summary: &Summary) -> Result<()> {
    let Summary { epochs, test, .. } = summary;
    let best = match summary.best_epoch {
        Some(best) => format!("the best of {epochs} epochs was {best}"),
        None => "the last parameters were kept".to_string(),
    };
    let stopped = match summary.stopped {
        true => format!("stopped after {epochs} epochs; "),
        false => String::new(),
    };
    say(format_args!(
        "{:.1} s, {:.0} images a second; {stopped}{best}",
        summary.seconds, summary.images_per_second
    ))?;
    if summary.left_out > 0 {
        say(format_args!(
            "{} steps were left out: their loss was not a number, or exploded",
            summary.left_out
        ))?;
    }
    if summary.stopped {
        let program = std::env::args().next().unwrap_or("train".to_string());
        let folder = summary.folder.display();
        return Ok(say(format_args!(
            "go on with: {program} resume '{folder}'"
        ))?);
    }
    let value = |name: &str| test.get(name).copied().flatten();
    match (value("mean_iou"), value("accuracy")) {
        (Some(iou), _) => say(format_args!("test mean IoU {iou:.4}"))?,
        (None, Some(accuracy)) => say(format_args!("test accuracy {:.2} %", 100.0 * accuracy))?,
        (None, None) => {
            for (name, value) in test {
                let value = value.unwrap_or(f64::NAN);
                say(format_args!("test {} {value:.4}", name.replace('_', " ")))?;
            }
        }
    }
    Ok(())
}
