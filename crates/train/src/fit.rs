//! Training.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::lr_scheduler::sequential::SequentialLrSchedulerConfig;
use burn::module::Module;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamWConfig, ModuleOptimizer, SgdConfig};
use burn::tensor::Device;
use burn::train::checkpoint::FileCheckpointer;
use burn::train::metric::{AccuracyMetric, LossMetric};
use burn::train::{Learner, LearningResult, SupervisedTraining};
use models::{Task, find};
use serde::Serialize;
use skip_blocks::parameter_count;

use crate::backend::{BackendTask, ComputeBackend, run_on};
use crate::checkpoint::{BestAndLast, BestEpoch};
use crate::data::{self, DataSet, Loader, Source, size_after};
use crate::evaluate::evaluate;
use crate::iou::MeanIou;
use crate::network::Network;
use crate::overlay::write_samples;
use crate::progress::{JsonLines, LineRenderer, Record};
use crate::recipe::{Optimizer, Recipe};
use crate::run_folder::{RunConfig, RunFolder, write_json};
use crate::stdout::say;

/// A training run.
pub struct Fit {
    /// How it goes.
    pub recipe: Recipe,
    /// The folder that it leaves; none: the next free one in `runs`.
    pub out: Option<PathBuf>,
    /// Whether progress is plain lines even on a terminal.
    pub plain: bool,
}

/// What `summary.json` says.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The model's name.
    pub model: String,
    /// The data set's name or folder.
    pub data: String,
    /// One class an image, or one class a pixel.
    pub task: Task,
    /// The backend's name.
    pub backend: String,
    /// What started every random draw.
    pub seed: u64,
    /// How many epochs were trained.
    pub epochs: usize,
    /// The epoch with the lowest validation loss, whose parameters were kept.
    pub best_epoch: usize,
    /// How many values the model learned.
    pub parameters: usize,
    /// How long the epochs took, with their validation.
    pub seconds: f64,
    /// Training images seen in all, by these seconds.
    pub images_per_second: f64,
    /// The metrics on the test images: `loss`, `accuracy` (of images, or pixels; 0 to 1) and, in
    /// segmentation, `mean_iou`.
    pub test: BTreeMap<String, f64>,
}

impl Fit {
    /// Trains on the recipe's backend.
    ///
    /// # Errors
    /// If the backend, data set or output folder is not to be had, or the run fails.
    pub fn run(self) -> Result<Summary> {
        let backend = self.recipe.backend.clone();
        run_on(&backend, self)
    }
}

impl BackendTask for Fit {
    type Output = Summary;

    fn run<B: ComputeBackend>(self) -> Result<Summary> {
        let Self { recipe, out, plain } = self;
        let device = B::device(recipe.device)?;
        let mut data = data::load(&recipe.data, Some([recipe.image_size; 2]), recipe.seed)?;
        if let Some(count) = recipe.limit {
            data = data.limited(count);
        }
        let folder = match &out {
            Some(path) => RunFolder::create(path)?,
            None => RunFolder::create_numbered(&default_name(&recipe))?,
        };
        let config = RunConfig {
            recipe,
            problem: data.problem.clone(),
        };
        write_json(&folder.config(), &config)?;
        let summary = train(&config, &data, &folder, &device, plain)?;
        write_json(&folder.summary(), &summary)?;
        say(format_args!("the run is in '{}'", folder.path().display()))?;
        Ok(summary)
    }
}

/// A run's name: that of its data and its model.
fn default_name(recipe: &Recipe) -> String {
    let data = recipe.data.trim_end_matches(['/', '\\']);
    let data = data.rsplit(['/', '\\']).next().unwrap_or("data");
    format!("{data}-{}", recipe.model)
}

fn train(
    config: &RunConfig,
    data: &DataSet,
    folder: &RunFolder,
    device: &Device,
    plain: bool,
) -> Result<Summary> {
    let RunConfig { recipe, problem } = config;
    let entry = find(&recipe.model)?;
    device.seed(recipe.seed);
    let network = Network::new(entry, problem, recipe.recompute, &device.clone().autodiff());
    let parameters = parameter_count(&network);
    let images = data.train.len();
    say(format_args!(
        "{} ({parameters} parameters) learns {} from {images} images on {} ({} to validate, {} to \
         test)",
        recipe.model,
        recipe.data,
        recipe.backend,
        data.valid.len(),
        data.test.len()
    ))?;

    let best = BestEpoch::default();
    let training = supervised_training(config, data, folder, &best, plain)?;
    let steps = images.div_ceil(recipe.batch_size) * recipe.epochs;
    let learner = Learner::new(network, optimizer(recipe), schedule(recipe.lr, steps)?);

    let start = Instant::now();
    let LearningResult { model, error, .. } = training.launch(learner);
    let seconds = start.elapsed().as_secs_f64();
    if let Some(error) = error {
        bail!("training stopped: {error}");
    }
    let best_epoch = best.get().context(
        "the loss was never finite; a smaller --lr may help, and see metrics.jsonl for how it went",
    )?;
    let network = keep_best(model, best_epoch, folder)?;

    let loader = plain_loader(config, &data.test, device);
    let test = evaluate(&network, &loader, problem)?;
    let record = Record {
        epoch: best_epoch,
        split: "test".to_string(),
        metrics: test.iter().map(|(k, v)| (k.clone(), Some(*v))).collect(),
    };
    JsonLines::append(&folder.metrics())?.write(&record)?;
    write_samples(
        &network,
        problem,
        data.test.as_ref(),
        device,
        &folder.samples(),
    )?;

    Ok(Summary {
        model: recipe.model.clone(),
        data: recipe.data.clone(),
        task: problem.task,
        backend: recipe.backend.clone(),
        seed: recipe.seed,
        epochs: recipe.epochs,
        best_epoch,
        parameters,
        seconds,
        images_per_second: (images * recipe.epochs) as f64 / seconds,
        test,
    })
}

fn supervised_training(
    config: &RunConfig,
    data: &DataSet,
    folder: &RunFolder,
    best: &BestEpoch,
    plain: bool,
) -> Result<SupervisedTraining<Network>> {
    let RunConfig { recipe, problem } = config;
    let transforms = recipe.augmentation.as_ref().unwrap_or(&data.transforms);
    size_after(transforms, [problem.image.height, problem.image.width]).context("augmentation")?;
    let loader = |source: &Arc<dyn Source>| {
        let preprocessing = problem.preprocessing.clone();
        Loader::new(source.clone(), preprocessing, recipe.batch_size)
    };
    let train = Arc::new(loader(&data.train).for_training(transforms.clone(), recipe.seed));
    let valid = Arc::new(loader(&data.valid));

    let checkpoints = folder.checkpoints();
    let mut training = SupervisedTraining::new(folder.path(), train, valid)
        .num_epochs(recipe.epochs)
        .metrics((LossMetric::new(), AccuracyMetric::new()))
        .with_metric_logger(JsonLines::append(&folder.metrics())?)
        .with_custom_checkpointers(
            FileCheckpointer::new(&checkpoints, "model"),
            FileCheckpointer::new(&checkpoints, "optim"),
            FileCheckpointer::new(&checkpoints, "scheduler"),
        )
        .with_checkpointing_strategy(BestAndLast::new(best.clone()))
        // Burn's log file would take over the process's panic hook.
        .with_application_logger(None);
    if problem.task == Task::Segmentation {
        training = training.metrics((MeanIou::new(problem.classes.len()),));
    }
    if plain || !std::io::stdout().is_terminal() {
        training = training.renderer(Box::new(LineRenderer::new()));
    }
    Ok(training)
}

/// A loader of images as they are, in their order.
pub(crate) fn plain_loader(
    config: &RunConfig,
    source: &Arc<dyn Source>,
    device: &Device,
) -> Loader {
    let preprocessing = config.problem.preprocessing.clone();
    Loader::new(source.clone(), preprocessing, config.recipe.batch_size).with_device(device.clone())
}

fn optimizer(recipe: &Recipe) -> ModuleOptimizer {
    match recipe.optimizer {
        Optimizer::Sgd => {
            let momentum = MomentumConfig::new()
                .with_momentum(0.9)
                .with_dampening(0.0)
                .with_nesterov(true);
            SgdConfig::new()
                .with_momentum(Some(momentum))
                .with_weight_decay(Some(WeightDecayConfig::new(recipe.weight_decay as f32)))
                .init()
        }
        Optimizer::AdamW => AdamWConfig::new()
            .with_weight_decay(recipe.weight_decay as f32)
            .with_epsilon(1e-8)
            .init(),
    }
}

/// The learning rate of each step: up over the first tenth, then down along a cosine.
fn schedule(lr: f64, steps: usize) -> Result<ModuleLrScheduler> {
    let warm_up = (steps / 10).max(1);
    let rise = LinearLrSchedulerConfig::new(lr / 100.0, lr, warm_up);
    let fall = CosineAnnealingLrSchedulerConfig::new(lr, (steps - warm_up).max(1));
    SequentialLrSchedulerConfig::new(vec![rise.into(), fall.into()], vec![warm_up])
        .init()
        .map_err(|error| anyhow!("there is no learning rate for {steps} steps: {error}"))
}

/// The network of the best epoch, which is also kept as `best.bpk`.
fn keep_best(network: Network, epoch: usize, folder: &RunFolder) -> Result<Network> {
    let checkpoint = folder.checkpoints().join(format!("model-{epoch}.bpk"));
    std::fs::copy(&checkpoint, folder.best())
        .with_context(|| format!("'{}' cannot be kept", checkpoint.display()))?;
    Ok(network.try_load_file(folder.best())?)
}
