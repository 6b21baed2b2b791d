//! The command line of the bench.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Parser, Subcommand};
use models::find;
use train::backend::DeviceChoice;

use crate::blocks::BlockKind;
use crate::case::{Case, Mode, depths, quick, standing};
use crate::engine::{Engine, choose};
use crate::machine::Machine;
use crate::measure::{Plan, measure};
use crate::peers::Peers;
use crate::report::{Chart, Report, page, readme, table, write_new};
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
    /// Two small cases and few runs, within a minute
    #[arg(long, conflicts_with_all = ["cases", "models", "batch_size", "input", "runs"])]
    quick: bool,
    #[command(flatten)]
    options: Options,
}

/// What all comparisons share.
#[derive(Args, Debug)]
struct Options {
    /// Backends and peers [default: all that there are but torch-compile]
    #[arg(
        long,
        visible_alias = "backends",
        value_name = "NAME",
        value_delimiter = ','
    )]
    engines: Vec<String>,
    /// Python that has the peers
    #[arg(long, value_name = "PYTHON")]
    peers: Option<PathBuf>,
    /// Also PyTorch with torch.compile
    #[arg(long, requires = "peers")]
    torch_compile: bool,
    /// Only one of inference and training
    #[arg(long, value_name = "MODE")]
    mode: Option<Mode>,
    /// Height and width of the images [default: the model's own]
    #[arg(long, value_name = "HxW", value_parser = size)]
    input: Option<[usize; 2]>,
    /// Device of the backends: default, cpu or gpu:NUMBER
    #[arg(long, value_name = "DEVICE", default_value = "default")]
    device: DeviceChoice,
    /// Threads of each engine [default: the machine's cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    threads: Option<usize>,
    /// Timed runs of each cell at least; short ones have up to five times as many
    #[arg(long, value_name = "N", default_value = "7", value_parser = positive)]
    runs: usize,
    /// How long those of a case and mode may go on with more runs than are needed
    #[arg(skip = Duration::from_secs(10))]
    patience: Duration,
    /// Also write the figures to a new JSON file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write a new HTML page with charts
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
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

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_string()),
        Ok(number) => Ok(number),
        Err(error) => Err(format!("{error}")),
    }
}

/// Such as `97x131`.
fn size(text: &str) -> Result<[usize; 2], String> {
    let (height, width) = text
        .split_once('x')
        .ok_or_else(|| "must be HEIGHTxWIDTH, such as 224x224".to_string())?;
    Ok([positive(height)?, positive(width)?])
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
        if let Some(batch) = self.batch_size {
            cases = cases
                .into_iter()
                .map(|case| case.with_batch(batch, batch))
                .collect();
        }
        Ok(cases)
    }
}

impl Options {
    /// Times the cases on the engines, and shows and writes what comes of it.
    fn compare(self, cases: Vec<Case>, chart: Chart) -> Result<()> {
        for (flag, path) in [("--json", &self.json), ("--html", &self.html)] {
            if let Some(path) = path {
                ensure!(
                    !path.exists(),
                    "'{}' is taken; give another file with {flag}, or remove it",
                    path.display()
                );
            }
        }
        let peers = self.installed_peers();
        let engines = self.chosen_engines(peers.as_ref())?;
        let cases = cases.into_iter().map(|case| match self.input {
            Some([height, width]) => case.with_size(height, width),
            None => case,
        });
        let modes = self.mode.map_or(Mode::ALL.to_vec(), |mode| vec![mode]);
        let plan = self.plan();

        let mut cells = Vec::new();
        let mut failures = Vec::new();
        for case in cases {
            for &mode in &modes {
                eprintln!("{} {mode}, batch {}", case.name(), case.batch(mode));
                let outcome = measure(&case, mode, &engines, plan)?;
                cells.extend(outcome.cells);
                failures.extend(outcome.failures);
            }
        }
        let report = Report {
            machine: Machine::here(peers.map_or(BTreeMap::new(), |peers| peers.versions)),
            cells,
        };
        println!("{}\n\n{}", report.machine.line(), table(&report.cells));
        if let Some(path) = &self.json {
            write_new(path, &report.json()?)?;
        }
        if let Some(path) = &self.html {
            write_new(path, &page(&report, chart))?;
        }
        ensure!(
            failures.is_empty(),
            "these could not be timed:\n{}",
            failures.join("\n")
        );
        Ok(())
    }

    /// What the Python of `--peers` has. Says what it has not.
    fn installed_peers(&self) -> Option<Peers> {
        const HOW: &str = "README.md says how to install peers";
        let Some(python) = &self.peers else {
            eprintln!("no peers: --peers says which Python has them; {HOW}");
            return None;
        };
        match Peers::of(python) {
            Ok(peers) => {
                for (name, reason) in &peers.missing {
                    eprintln!("no peer '{name}': {reason}; {HOW}");
                }
                Some(peers)
            }
            Err(error) => {
                eprintln!("no peers: {error:#}; {HOW}");
                Some(Peers::default())
            }
        }
    }

    fn chosen_engines(&self, peers: Option<&Peers>) -> Result<Vec<Engine>> {
        let mut engines = choose(&self.engines, self.device, peers)?;
        if self.torch_compile {
            engines.extend(choose(&["torch-compile".to_string()], self.device, peers)?);
        }
        Ok(engines)
    }

    fn plan(&self) -> Plan {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Plan {
            runs: self.runs,
            patience: self.patience,
            threads: self.threads.unwrap_or(cores),
        }
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
