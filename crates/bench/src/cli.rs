//! The command line of the bench.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Parser;
use models::find;
use train::backend::{DeviceChoice, compiled_backends, run_on};

use crate::cell::Mode;
use crate::measure::{Case, Measurement, Runs};
use crate::report::{table, write_json};

/// Times models on every backend that is compiled in
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
pub struct Cli {
    /// Models to time; see `cargo run -p train -- models`
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "resnet20,densenet_bc100_k12,unet8"
    )]
    models: Vec<String>,
    /// Backends [default: all that are compiled in]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    backends: Vec<String>,
    /// Device: default, cpu or gpu:NUMBER
    #[arg(long, value_name = "DEVICE", default_value = "default")]
    device: DeviceChoice,
    /// Images at a time
    #[arg(long, value_name = "N", default_value_t = 8)]
    batch_size: usize,
    /// Timed runs of each model, mode and backend
    #[arg(long, value_name = "N", default_value_t = 5)]
    runs: usize,
    /// Also write the figures to a new JSON file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Cli {
    /// Times everything, then prints one table.
    ///
    /// # Errors
    /// If a model or backend does not exist, a number is zero, or the file is taken.
    pub fn run(self) -> Result<()> {
        ensure!(self.runs > 0, "--runs 0: must be at least 1");
        ensure!(self.batch_size > 0, "--batch-size 0: must be at least 1");
        if let Some(path) = &self.json {
            ensure!(
                !path.exists(),
                "'{}' is taken; give another file with --json, or remove it",
                path.display()
            );
        }
        let mut cases = Vec::new();
        for name in &self.models {
            cases.push(Case {
                entry: find(name)?,
                batch: self.batch_size,
            });
        }
        let backends = match self.backends.is_empty() {
            true => compiled_backends().into_iter().map(String::from).collect(),
            false => self.backends,
        };

        let mut cells = Vec::new();
        for case in cases {
            for backend in &backends {
                for mode in [Mode::Inference, Mode::Training] {
                    let measurement = Measurement {
                        case,
                        mode,
                        runs: Runs {
                            timed: self.runs,
                            warm_up: 2,
                        },
                        device: self.device,
                    };
                    cells.push(run_on(backend, measurement)?);
                }
            }
        }
        println!("{}", table(&cells));
        if let Some(path) = &self.json {
            write_json(path, &cells)?;
        }
        Ok(())
    }
}
