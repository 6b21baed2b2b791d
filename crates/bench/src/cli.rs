//! The command line of the bench.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Parser, Subcommand};
use train::backend::DeviceChoice;
use train::weights_file;

use crate::blocks::BlockKind;
use crate::case::{Case, depths, find, quick, standing};
use crate::catalogue::{Catalogue, Measured};
use crate::choice::choose;
use crate::measure::Plan;
use crate::options::{Options, positive};
use crate::report::{Chart, catalogue, readme};
use crate::worker::WorkerArgs;

/// Times models on every backend that is compiled in, and on peers from outside
#[derive(Debug, Parser)]
#[command(name = "bench", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    compare: CompareArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Time and memory against depth: the residual networks for CIFAR
    Depth {
        /// Images at a time
        #[arg(long, value_name = "N", default_value = "32", value_parser = positive)]
        batch_size: usize,
        #[command(flatten)]
        options: Options,
    },
    /// Time and memory against the number of images at a time
    Batch {
        /// Model
        #[arg(long, value_name = "NAME", default_value = "resnet20")]
        model: String,
        /// Numbers of images at a time
        #[arg(
            long,
            value_name = "N",
            value_delimiter = ',',
            default_value = "1,2,4,8,16,32,64",
            value_parser = positive
        )]
        batch_sizes: Vec<usize>,
        #[command(flatten)]
        options: Options,
    },
    /// Time and memory of each type of block, alone
    Blocks {
        /// Images at a time
        #[arg(long, value_name = "N", default_value = "8", value_parser = positive)]
        batch_size: usize,
        #[command(flatten)]
        options: Options,
    },
    /// Every model: how far it is from its twin, and how long it takes
    Models(ModelsArgs),
    /// Make the table of a README from the results that its comment names
    Readme(ReadmeArgs),
    /// Do a job for the bench
    #[command(hide = true)]
    Worker(WorkerArgs),
}

#[derive(Args, Debug)]
struct CompareArgs {
    /// Standing cases: resnet20, resnet18, resnet50, densenet121, unet32 [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    cases: Vec<String>,
    /// Any models, instead of the standing cases or beside those in --cases
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    models: Vec<String>,
    /// Images at a time [default: the standing case's own; 8 for --models]
    #[arg(long, value_name = "N", value_parser = positive)]
    batch_size: Option<usize>,
    /// Weights of the one model of --models, for the engines of ours: a file (.safetensors, .pth, .pt,
    /// .bin or .npz), or OWNER/NAME on the Hugging Face hub. Peers draw theirs; times depend on them only
    /// where values are almost 0
    #[arg(long, value_name = "FILE|NAME", requires = "models")]
    weights: Option<String>,
    /// Two small cases and few runs, within a minute
    #[arg(long, conflicts_with_all = ["cases", "models", "batch_size", "input", "runs"])]
    quick: bool,
    #[command(flatten)]
    options: Options,
}

#[derive(Args, Debug)]
struct ModelsArgs {
    /// Of those to be measured, only those with a name like this, where `*` stands for anything
    #[arg(default_value = "*", hide_default_value = true, requires = "measure")]
    pattern: String,
    /// Measure those that are not measured yet, and keep what comes of each
    #[arg(long)]
    measure: bool,
    /// Measure all that are chosen anew
    #[arg(long, requires = "measure")]
    again: bool,
    /// Write the page, instead of printing it
    #[arg(long)]
    write: bool,
    /// Timed runs of each model and mode
    #[arg(long, value_name = "N", default_value = "3", value_parser = positive)]
    runs: usize,
    /// What is measured
    #[arg(
        long,
        value_name = "FILE",
        default_value = "crates/bench/results/models.json"
    )]
    results: PathBuf,
    /// The page
    #[arg(long, value_name = "FILE", default_value = "docs/models.md")]
    page: PathBuf,
}

#[derive(Args, Debug)]
struct ReadmeArgs {
    /// Results to make the table from, and to be named by the comment from now on
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    /// The README
    #[arg(long, value_name = "FILE", default_value = "README.md")]
    readme: PathBuf,
    /// Change nothing, and fail if the table is not what it should be
    #[arg(long)]
    check: bool,
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// Whatever stands in the way, with what to do about it.
    pub fn run(self) -> Result<()> {
        match self.command {
            None => self.compare.run(),
            Some(Command::Depth {
                batch_size,
                options,
            }) => options.compare(depths(batch_size), Chart::Cases),
            Some(Command::Batch {
                model,
                batch_sizes,
                options,
            }) => {
                let entry = find(&model)?;
                let cases = batch_sizes.into_iter();
                let cases = cases.map(|batch| Case::model(entry, batch)).collect();
                options.compare(cases, Chart::Cases)
            }
            Some(Command::Blocks {
                batch_size,
                options,
            }) => {
                let cases = BlockKind::ALL.map(|kind| Case::block(kind, batch_size));
                options.compare(cases.to_vec(), Chart::Cases)
            }
            Some(Command::Models(args)) => args.run(),
            Some(Command::Readme(args)) => args.run(),
            Some(Command::Worker(args)) => args.run(),
        }
    }
}

/// Images at a time of a model that is not a standing case.
const BATCH: usize = 8;

impl CompareArgs {
    fn run(mut self) -> Result<()> {
        let cases = self.cases()?;
        if self.quick {
            self.options.runs = 3;
            self.options.patience = Duration::ZERO;
        }
        self.options.compare(cases, Chart::Engines)
    }

    fn cases(&self) -> Result<Vec<Case>> {
        if self.quick {
            return Ok(quick());
        }
        let mut cases = Vec::new();
        if self.cases.is_empty() && self.models.is_empty() {
            cases = standing();
        }
        for name in &self.cases {
            match standing().iter().find(|case| case.name() == name) {
                Some(case) => cases.push(*case),
                None => bail!(
                    "there is no standing case '{name}'; there are: {}. Any model can be timed \
                     with --models",
                    standing()
                        .iter()
                        .map(Case::name)
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            }
        }
        for name in &self.models {
            cases.push(Case::model(find(name)?, BATCH));
        }
        if let Some(weights) = &self.weights {
            let [case] = cases[..] else {
                bail!("--weights {weights}: they are of one model; time it alone, with --models");
            };
            let found = weights_file(weights, &mut |_| {})?;
            cases = vec![case.with_weights(found.weights)];
        }
        if let Some(batch) = self.batch_size {
            cases = cases
                .into_iter()
                .map(|case| case.with_batch(batch, batch))
                .collect();
        }
        Ok(cases)
    }
}

impl ModelsArgs {
    fn run(self) -> Result<()> {
        let mut found = Catalogue::read(&self.results)?;
        if self.measure {
            self.measure(&mut found)?;
        }
        let page = catalogue::page(&found)?;
        if !self.write {
            print!("{page}");
            return Ok(());
        }
        std::fs::write(&self.page, page)
            .with_context(|| format!("'{}' cannot be written", self.page.display()))
    }

    fn measure(&self, found: &mut Catalogue) -> Result<()> {
        if self.again {
            found.forget(&self.pattern);
        }
        let plan = Plan {
            runs: self.runs,
            patience: Duration::ZERO,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        };
        let flex = choose(&["flex".to_string()], false, DeviceChoice::Default, None)?;
        let missing = found.missing(&self.pattern)?;
        let mut failures = vec![];
        for (index, variant) in missing.iter().enumerate() {
            eprintln!("{} ({} of {})", variant.name(), index + 1, missing.len());
            match Measured::of(variant, &flex[0], plan) {
                Ok(measured) => {
                    found.models.insert(variant.name().to_string(), measured);
                    found.write(&self.results)?;
                }
                Err(error) => failures.push(format!("{}: {error:#}", variant.name())),
            }
        }
        ensure!(
            failures.is_empty(),
            "these could not be measured:\n{}",
            failures.join("\n")
        );
        Ok(())
    }
}

impl ReadmeArgs {
    fn run(self) -> Result<()> {
        let path: &Path = &self.readme;
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("'{}' cannot be read", path.display()))?;
        let renewed = readme::renewed(path, &text, self.results.as_deref())?;
        if self.check {
            ensure!(
                renewed == text,
                "the table in '{}' is not that of its results; run `cargo run -p bench -- readme`",
                path.display()
            );
            return Ok(());
        }
        std::fs::write(path, renewed)
            .with_context(|| format!("'{}' cannot be written", path.display()))
    }
}
