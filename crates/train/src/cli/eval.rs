//! `train eval`.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, Error, Result, bail};
use clap::Args;
use serde_json::json;
use train::recipe::at_path;
use train::{Examination, evaluate_run};

use super::place::Place;
use super::source::{WeightsArgs, origin};
use super::stdout::say;
use super::tiling::Tiling;

#[derive(Args, Debug)]
pub struct EvalArgs {
    /// Folder of a finished run, or a network that comes with the program
    #[arg(required_unless_present = "weights", conflicts_with = "weights")]
    run: Option<PathBuf>,
    #[command(flatten)]
    weights: WeightsArgs,
    /// Other data than the run's, of the same classes; with weights, the data
    #[arg(long, value_name = "NAME|FOLDER")]
    data: Option<String>,
    /// Metrics beside those of every epoch, or `all` [default: as the run's recipe says]
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    metrics: Vec<String>,
    /// JSON file for how many of each class were taken for each; new
    #[arg(long, value_name = "FILE")]
    confusion: Option<PathBuf>,
    #[command(flatten)]
    tiling: Tiling,
    #[command(flatten)]
    place: Place,
}

impl EvalArgs {
    pub fn run(self) -> Result<()> {
        let Place { backend, device } = self.place;
        let given = match &self.data {
            Some(data) => at_path("data.path", json!(data)),
            None => json!({}),
        };
        let recipe = self.weights.recipe(given)?;
        let evaluation = evaluate_run(Examination {
            origin: origin(self.run.as_deref(), recipe.as_ref())?,
            data: self.data.as_deref(),
            metrics: &self.metrics,
            tiles: self.tiling.tiles(),
            backend: &backend,
            device,
        })?;
        if let Some(path) = &self.confusion {
            let Some(confusion) = &evaluation.confusion else {
                bail!("--confusion: what was learned is no classes");
            };
            let write =
                || serde_json::to_writer(File::create_new(path)?, confusion).map_err(Error::new);
            write().with_context(|| format!("'{}' cannot be written", path.display()))?;
        }
        Ok(say(serde_json::to_string_pretty(&evaluation)?)?)
    }
}
