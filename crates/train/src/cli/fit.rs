//! `train fit`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use train::recipe::{Layers, read_file};
use train::{Observer, Summary, fit};

use super::flags::{Flags, Setting};
use super::lines::Lines;
use super::screen::Screen;
use super::stdout::say;
use super::stop::Stop;

#[derive(Args, Debug)]
pub struct FitArgs {
    #[command(flatten)]
    flags: Flags,
    /// Any value of a recipe by its path, as model.shortcut=plain; may be given again
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<Setting>,
    /// Folder for what the run leaves; new or empty [default: runs/DATA-MODEL-NUMBER]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Configuration file, TOML or JSON: the keys of a run's config.json, all optional; flags win
    /// over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Show progress as plain lines even on a terminal
    #[arg(long)]
    plain: bool,
}

impl FitArgs {
    pub fn run(self) -> Result<ExitCode> {
        let mut layers = Layers::default();
        if let Some(path) = &self.config {
            let origin = format!("the configuration file '{}' is wrong", path.display());
            layers = layers.over(Some(origin), read_file(path)?);
        }
        let layers = Setting::over_all(self.set, self.flags.over(layers));
        let recipe = layers.resolve()?;
        let stop = Stop::install()?;
        let mut observer: Box<dyn Observer> = match self.plain || !std::io::stdout().is_terminal() {
            true => Box::new(Lines::new(stop.clone())),
            false => Box::new(Screen::new(stop.clone())),
        };
        let summary = fit(&recipe, self.out.as_deref(), observer.as_mut())?;
        say_summary(&summary, recipe.run.epochs)?;
        Ok(stop.exit_code())
    }
}

fn say_summary(summary: &Summary, wanted: usize) -> Result<()> {
    let Summary { epochs, test, .. } = summary;
    let best = match summary.best_epoch {
        Some(best) => format!("the best of {epochs} epochs was {best}"),
        None => "the last parameters were kept".to_string(),
    };
    let stopped = match summary.stopped {
        true => format!("stopped after {epochs} of {wanted} epochs; "),
        false => String::new(),
    };
    say(format_args!(
        "{:.1} s, {:.0} images a second; {stopped}{best}",
        summary.seconds, summary.images_per_second
    ))?;
    let mut chief = ["mean_iou", "accuracy"].into_iter();
    match chief.find_map(|name| Some((name, (*test.get(name)?)?))) {
        Some((name, value)) => say_tested(summary, name, value)?,
        None => {
            for (name, value) in test {
                say_tested(summary, name, value.unwrap_or(f64::NAN))?;
            }
        }
    }
    Ok(())
}

/// A metric of the test, and between what it may be.
fn say_tested(summary: &Summary, name: &str, value: f64) -> Result<()> {
    let (scale, digits, unit) = match name {
        "accuracy" => (100.0, 2, " %"),
        _ => (1.0, 4, ""),
    };
    let interval = match summary.test_intervals.get(name) {
        Some([low, high]) => {
            let digits = digits - 1;
            format!(" ({:.digits$} to {:.digits$})", scale * low, scale * high)
        }
        None => String::new(),
    };
    let name = name.replace('_', " ").replace("iou", "IoU");
    say(format_args!(
        "test {name} {:.digits$}{unit}{interval}",
        scale * value
    ))?;
    Ok(())
}
