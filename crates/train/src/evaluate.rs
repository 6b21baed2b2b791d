//! What a trained network is worth, on images that it has not seen.

use std::path::Path;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use models::Model;

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice, run_on};
use crate::data::{self, Batch};
use crate::loaders::in_order;
use crate::loss::Loss;
use crate::metric::{Metrics, Values};
use crate::restore::restore;
use crate::run_folder::RunFolder;
use crate::step::TrainStep;
use crate::task;

/// The loss and the metrics of a task over all images.
///
/// # Errors
/// If an image or a result cannot be read.
pub fn evaluate(
    model: &Model,
    loss: &Loss,
    loader: &dyn DataLoader<Batch>,
    task: models::Task,
) -> Result<Values> {
    let step = TrainStep {
        model,
        loss,
        seam: None,
    };
    let mut metrics = Metrics::new(task::of(task).metrics())?;
    for batch in loader.iter() {
        metrics.update(step.forward(batch?))?;
    }
    Ok(metrics.values())
}

/// The metrics of a finished run's network on the test images of its data, or of other data with the
/// same classes.
///
/// # Errors
/// If the run, the data or the backend is not to be had.
pub fn evaluate_run(
    run: &Path,
    data: Option<&str>,
    backend: &str,
    device: DeviceChoice,
) -> Result<Values> {
    run_on(backend, Evaluation { run, data, device })
}

struct Evaluation<'a> {
    run: &'a Path,
    data: Option<&'a str>,
    device: DeviceChoice,
}

impl BackendTask for Evaluation<'_> {
    type Output = Values;

    fn run<B: ComputeBackend>(self) -> Result<Values> {
        let device = B::device(self.device)?;
        let folder = RunFolder::open(self.run)?;
        let (config, model) = restore(&folder, &device)?;
        let recipe = &config.recipe;
        let mut settings = recipe.data.clone();
        if let Some(path) = self.data {
            settings.path = path.to_string();
        }
        let problem = &config.problem;
        let data = data::load_for(&settings, problem, recipe.run.seed)?;
        let loader = in_order(recipe, problem, &data.test, &device);
        evaluate(&model, &recipe.loss, &loader, problem.task)
    }
}
