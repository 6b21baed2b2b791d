//! What a trained network is worth, on images that it has not seen.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use burn::data::dataloader::{DataLoader, Progress};
use burn::module::Module;
use burn::tensor::Device;
use burn::train::metric::{AccuracyMetric, Adaptor, LossMetric, Metric, MetricMetadata, Numeric};
use burn::train::{InferenceStep, ItemLazy};
use models::{Task, find};

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice};
use crate::data::{self, Batch, Problem};
use crate::fit::plain_loader;
use crate::iou::MeanIou;
use crate::network::Network;
use crate::run_folder::{RunConfig, RunFolder};

/// The loss, the accuracy (0 to 1) and, in segmentation, the mean IoU over all images.
///
/// # Errors
/// If an image or a result cannot be read.
pub fn evaluate(
    network: &Network,
    loader: &dyn DataLoader<Batch>,
    problem: &Problem,
) -> Result<BTreeMap<String, f64>> {
    let mut loss = LossMetric::new();
    let mut accuracy = AccuracyMetric::new();
    let mut iou = MeanIou::new(problem.classes.len());
    let metadata = MetricMetadata {
        progress: Progress::new(0, loader.num_items(), None),
        iteration: None,
        lr: None,
    };
    for batch in loader.iter() {
        let output = InferenceStep::step(network, batch?).sync()?;
        loss.update(&output.adapt(), &metadata)?;
        accuracy.update(&output.adapt(), &metadata)?;
        if problem.task == Task::Segmentation {
            iou.update(&output.adapt(), &metadata)?;
        }
    }
    let mut metrics = BTreeMap::from([
        ("loss".to_string(), loss.final_value().current()),
        (
            "accuracy".to_string(),
            accuracy.final_value().current() / 100.0,
        ),
    ]);
    if problem.task == Task::Segmentation {
        metrics.insert("mean_iou".to_string(), iou.final_value().current());
    }
    Ok(metrics)
}

/// The evaluation of a run on test images.
pub struct Evaluation {
    /// The run's folder.
    pub run: PathBuf,
    /// Another data set than the run's, of the same classes.
    pub data: Option<String>,
    /// Which of the backend's devices.
    pub device: DeviceChoice,
}

impl BackendTask for Evaluation {
    type Output = BTreeMap<String, f64>;

    fn run<B: ComputeBackend>(self) -> Result<Self::Output> {
        let device = B::device(self.device)?;
        let folder = RunFolder::open(&self.run)?;
        let (config, network) = load_network(&folder, &device)?;
        let recipe = &config.recipe;
        let name = self.data.as_ref().unwrap_or(&recipe.data);
        let data = data::load_for(name, &config.problem, recipe.seed)?;
        let loader = plain_loader(&config, &data.test, &device);
        evaluate(&network, &loader, &config.problem)
    }
}

/// The network of a finished run, with its best parameters.
pub(crate) fn load_network(folder: &RunFolder, device: &Device) -> Result<(RunConfig, Network)> {
    let config = folder.read_config()?;
    let entry = find(&config.recipe.model)?;
    let best = folder.best();
    ensure!(
        best.is_file(),
        "the run '{}' is not finished: it has no '{}'",
        folder.path().display(),
        best.display()
    );
    let network = Network::new(entry, &config.problem, false, device)
        .try_load_file(&best)
        .with_context(|| format!("'{}' cannot be loaded", best.display()))?;
    Ok((config, network))
}
