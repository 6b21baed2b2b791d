//! `train fit`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use train::recipe::{Layers, read_file};
use train::{Check, Observer, Recipe, Repeated, Summary, Times, check, fit, next_folder, repeat};

use super::fetch::fetch;
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
        let layers = Setting::over_all(self.set, self.flags.over(layers));
        if let Some(weights) = layers.weights() {
            fetch(&weights)?;
        }
        let (recipe, followed) = layers.resolve_and_say()?;
        if let Some(followed) = followed {
            eprintln!("{followed}");
        }
        Ok(recipe)
    }
}

#[derive(Args, Debug)]
pub struct FitArgs {
    #[command(flatten)]
    recipe: RecipeArgs,
    /// Folder for what the run leaves; new or empty [default: runs/DATA-MODEL-NUMBER]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Do not train: answer a batch of each split, and learn one batch by heart
    #[arg(long, conflicts_with_all = ["out", "repeat", "folds"])]
    check: bool,
    /// Train so often, with a seed each, and say how the results spread and what all say together
    #[arg(long, value_name = "N")]
    repeat: Option<usize>,
    /// Cut the training images into so many parts, and train as often: each part validates once
    #[arg(long, value_name = "N", conflicts_with = "repeat")]
    folds: Option<usize>,
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
        if self.check {
            say_check(&check(&recipe, CHECKED_STEPS)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        let (stop, mut observer) = self.looks.observer()?;
        let times = match (self.repeat, self.folds) {
            (Some(seeds), _) => Some(Times::Seeds(seeds)),
            (_, Some(folds)) => Some(Times::Folds(folds)),
            (None, None) => None,
        };
        match times {
            None => say_summary(&fit(&recipe, self.out.as_deref(), observer.as_mut())?)?,
            Some(times) => {
                let out = self.out.unwrap_or_else(|| next_folder(&recipe));
                say_repeated(&out, repeat(&recipe, times, &out, observer.as_mut())?)?;
            }
        }
        Ok(stop.exit_code())
    }
}

/// How often `--check` learns from one batch.
const CHECKED_STEPS: usize = 60;

fn say_check(check: &Check) -> Result<()> {
    for split in &check.splits {
        let [batch, channels, height, width] = split.dims;
        say(format_args!(
            "{}: {} images, in batches of {batch} of {channels}x{height}x{width}; loss {:.4}",
            split.split, split.images, split.loss
        ))?;
    }
    Ok(say(format_args!(
        "one batch, again and again for {} steps of {:.0} ms: its loss goes from {:.4} to {:.4}",
        check.steps,
        1000.0 * check.seconds,
        check.first,
        check.last
    ))?)
}

/// What came of several runs, or how they can go on.
pub fn say_repeated(out: &Path, repeated: Option<Repeated>) -> Result<()> {
    let Some(repeated) = repeated else {
        return say_how_to_go_on(out);
    };
    for (name, spread) in &repeated.test {
        let together = repeated.ensemble.as_ref();
        let together = together.and_then(|together| together.values.get(name));
        let together = together.map(|value| format!("; together {value:.4}"));
        say(format_args!(
            "test {} {:.4} +- {:.4} over {} runs{}",
            name.replace('_', " "),
            spread.mean,
            spread.deviation,
            spread.values.len(),
            together.unwrap_or_default()
        ))?;
    }
    if repeated.ensemble.is_none() {
        say("together they are not tested: a test image of one run is learned from in another")?;
    }
    Ok(say(format_args!("the runs are in '{}'", out.display()))?)
}

fn say_how_to_go_on(folder: &Path) -> Result<()> {
    let program = std::env::args().next().unwrap_or("train".to_string());
    let folder = folder.display();
    Ok(say(format_args!(
        "go on with: {program} resume '{folder}'"
    ))?)
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
            "{} steps were left out: their loss or gradient was not a number, or exploded",
            summary.left_out
        ))?;
    }
    if summary.stopped {
        return say_how_to_go_on(&summary.folder);
    }
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
