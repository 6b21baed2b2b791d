//! The flags that all comparisons share, and the way from them to what is shown and written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use train::backend::DeviceChoice;

use crate::case::{Case, Mode};
use crate::choice::choose;
use crate::machine::Machine;
use crate::measure::{Plan, measure};
use crate::peers::Peers;
use crate::report::{Chart, Report, page, table, write_new};
use crate::work::Size;

/// What all comparisons share.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Backends and peers [default: all that there are but torch-compile and flex-recompute]
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
    /// Timed runs of each cell at least; short ones have many more
    #[arg(long, value_name = "N", default_value = "7", value_parser = positive)]
    pub runs: usize,
    /// How long those of a case and mode may go on with more runs than are needed
    #[arg(skip = Duration::from_secs(10))]
    pub patience: Duration,
    /// Also write the figures to a new JSON file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write a new HTML page with charts
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// A number that is not zero.
pub(crate) fn positive(text: &str) -> Result<usize, String> {
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

impl Options {
    /// Times the cases on the engines, and shows and writes what comes of it.
    ///
    /// # Errors
    /// If an engine or file cannot be had, or something could not be timed.
    pub fn compare(self, cases: Vec<Case>, chart: Chart) -> Result<()> {
        check_new("--json", self.json.as_deref())?;
        check_new("--html", self.html.as_deref())?;
        let peers = self.installed_peers();
        let engines = choose(
            &self.engines,
            self.torch_compile,
            self.device,
            peers.as_ref(),
        )?;
        let cases = cases.into_iter().map(|case| match self.input {
            Some([height, width]) => case.with_size(height, width),
            None => case,
        });
        let sized = |case| Ok((case, Size::of(&case)?));
        let cases = cases.map(sized).collect::<Result<Vec<_>>>()?;
        let modes = self.mode.map_or(Mode::ALL.to_vec(), |mode| vec![mode]);
        let plan = self.plan();

        let mut cells = Vec::new();
        let mut failures = Vec::new();
        for (case, size) in cases {
            for &mode in &modes {
                eprintln!("{} {mode}, batch {}", case.name(), case.batch(mode));
                let outcome = measure(&case, size, mode, &engines, plan);
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
            if self.engines.is_empty() {
                eprintln!("no peers: --peers says which Python has them; {HOW}");
            }
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

    fn plan(&self) -> Plan {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Plan {
            runs: self.runs,
            patience: self.patience,
            threads: self.threads.unwrap_or(cores),
        }
    }
}

/// Whether a file can be written at the end, before hours are spent.
fn check_new(flag: &str, path: Option<&Path>) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    ensure!(
        !path.exists(),
        "'{}' is taken; give another file with {flag}, or remove it",
        path.display()
    );
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    ensure!(
        folder.is_none_or(Path::is_dir),
        "'{}' cannot be written: its folder is not there; make it, or give another file with \
         {flag}",
        path.display()
    );
    Ok(())
}
