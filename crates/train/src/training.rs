//! The epochs of a run.

use std::time::Instant;

use anyhow::{Result, ensure};
use burn::data::dataloader::DataLoader;
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Device;
use models::Model;
use skip_blocks::parameter_count;
use skip_blocks::seam::Seam;

use crate::checkpoint::{Checkpoints, State};
use crate::data::{Batch, DataSet};
use crate::loaders::{in_order, training};
use crate::metric::Metrics;
use crate::network::{configure, init};
use crate::observer::{Begin, Event, Observer, Split};
use crate::outcome::Outcome;
use crate::recipe::{self, Recipe};
use crate::run_folder::{Progress, RunFolder, record};
use crate::step::TrainStep;
use crate::task;

/// A model that learns.
pub(crate) struct Training<'a> {
    recipe: &'a Recipe,
    data: &'a DataSet,
    device: &'a Device,
    state: State,
    /// What is computed again on the way back.
    seam: Option<Seam>,
}

/// What comes of it.
pub(crate) struct Trained {
    /// With the parameters of the best epoch.
    pub model: Model,
    /// Values that it has learned.
    pub parameters: usize,
    /// Epochs that were trained to their end.
    pub epochs: usize,
    /// Whether there should have been more.
    pub stopped: bool,
    /// None where it was stopped before the end of the first.
    pub best_epoch: Option<usize>,
    /// How long the epochs took, with their validation.
    pub seconds: f64,
    /// Training images that were seen.
    pub images: usize,
}

/// A split of an epoch, as far as it was seen.
struct Seen {
    metrics: Metrics,
    steps: usize,
    stopped: bool,
}

impl<'a> Training<'a> {
    /// A new model, and all that changes it.
    ///
    /// # Errors
    /// If the model cannot take the images, or the recipe does not go with it.
    pub fn new(recipe: &'a Recipe, data: &'a DataSet, device: &'a Device) -> Result<Self> {
        device.seed(recipe.run.seed);
        let recipe::Model { name, fields } = &recipe.model;
        let problem = &data.problem;
        let config = configure(name, fields, problem.image, problem.classes.len())?;
        let model = init(&config, &device.clone().autodiff());
        let seam = recipe.run.recompute.seam(&model, &config)?;
        let Recipe { optimizer, run, .. } = recipe;
        let groups = optimizer.groups(&model, &config, problem.image)?;
        let steps = data.train.len().div_ceil(run.batch_size);
        let scheduler = recipe
            .schedule
            .init(optimizer, &groups, steps, run.epochs)?;
        Ok(Self {
            recipe,
            data,
            device,
            state: State {
                optimizer: optimizer.init(&groups),
                model,
                scheduler,
            },
            seam,
        })
    }

    /// Trains all epochs, or as many as there are before the run is stopped.
    ///
    /// # Errors
    /// If an image cannot be read, a file cannot be written, or the loss is never finite.
    pub fn run(mut self, folder: &RunFolder, observer: &mut dyn Observer) -> Result<Trained> {
        let Recipe { run, .. } = self.recipe;
        let DataSet { problem, valid, .. } = self.data;
        let autodiff = self.device.clone().autodiff();
        let train = training(self.recipe, self.data, &autodiff);
        let valid = in_order(self.recipe, problem, valid, self.device);
        let mut checkpoints = Checkpoints::new(&folder.checkpoints());
        observer.event(Event::Begin(self.begin()));

        let start = Instant::now();
        let (mut epochs, mut images, mut stopped) = (0, 0, false);
        while epochs < run.epochs && !stopped {
            let epoch = epochs + 1;
            let epoch_start = Instant::now();
            let learned = self.learn(epoch, &train, observer)?;
            images += learned.metrics.images();
            let mut progress = Progress {
                epoch,
                steps: learned.steps,
                complete: false,
            };
            stopped = learned.stopped;
            let mut loss = None;
            if !stopped {
                let learned = learned.metrics.values();
                record::append(&folder.metrics(), epoch, Split::Train, &learned)?;
                let validated = self.validate(epoch, &valid, observer)?;
                stopped = validated.stopped;
                if !stopped {
                    let validated = validated.metrics.values();
                    record::append(&folder.metrics(), epoch, Split::Valid, &validated)?;
                    loss = validated.get("loss");
                    progress.complete = true;
                    epochs = epoch;
                    observer.event(Event::EpochEnd {
                        epoch,
                        seconds: epoch_start.elapsed().as_secs_f64(),
                        train: &learned,
                        valid: &validated,
                    });
                    stopped = observer.should_stop() && epoch < run.epochs;
                }
            }
            checkpoints.save(&self.state, progress, loss)?;
        }
        let seconds = start.elapsed().as_secs_f64();
        observer.event(Event::TrainingEnd);

        let best_epoch = checkpoints.best().map(|best| best.epoch);
        match stopped {
            true => checkpoints.keep_last(&self.state)?,
            false => ensure!(
                best_epoch.is_some(),
                "the loss was never finite; a smaller --lr may help, and see metrics.jsonl for how \
                 it went"
            ),
        }
        Ok(Trained {
            parameters: parameter_count(&self.state.model),
            model: checkpoints.load_best(self.state.model.valid())?,
            epochs,
            stopped,
            best_epoch,
            seconds,
            images,
        })
    }

    fn begin(&self) -> Begin<'_> {
        let Recipe {
            model, data, run, ..
        } = self.recipe;
        let splits = [&self.data.train, &self.data.valid, &self.data.test];
        Begin {
            model: &model.name,
            parameters: parameter_count(&self.state.model),
            data: &data.path,
            backend: &run.backend,
            epochs: run.epochs,
            images: splits.map(|source| source.len()),
            metrics: [&["loss"], task::of(self.data.problem.task).metrics()].concat(),
        }
    }

    /// A step for each batch.
    fn learn(
        &mut self,
        epoch: usize,
        loader: &dyn DataLoader<Batch>,
        observer: &mut dyn Observer,
    ) -> Result<Seen> {
        let mut split = self.split(epoch, Split::Train, loader, observer)?;
        for batch in loader.iter() {
            let step = TrainStep {
                model: &self.state.model,
                loss: &self.recipe.loss,
                seam: self.seam.as_ref(),
            };
            let (gradients, outcome) = step.run(batch?);
            self.update(gradients);
            if split.stops_after(outcome)? {
                break;
            }
        }
        split.end()
    }

    fn update(&mut self, gradients: GradientsParams) {
        let rates = self.state.scheduler.step();
        let model = self.state.model.clone();
        self.state.model = self.state.optimizer.step(rates, model, gradients);
    }

    /// What the model is worth on images that it does not learn from.
    fn validate(
        &self,
        epoch: usize,
        loader: &dyn DataLoader<Batch>,
        observer: &mut dyn Observer,
    ) -> Result<Seen> {
        let mut split = self.split(epoch, Split::Valid, loader, observer)?;
        let model = self.state.model.valid();
        let step = TrainStep {
            model: &model,
            loss: &self.recipe.loss,
            seam: None,
        };
        for batch in loader.iter() {
            if split.stops_after(step.forward(batch?))? {
                break;
            }
        }
        split.end()
    }

    fn split<'o>(
        &self,
        epoch: usize,
        split: Split,
        loader: &dyn DataLoader<Batch>,
        observer: &'o mut dyn Observer,
    ) -> Result<Going<'o>> {
        observer.event(Event::SplitBegin {
            epoch,
            split,
            images: loader.num_items(),
        });
        Ok(Going {
            seen: Seen {
                metrics: Metrics::new(task::of(self.data.problem.task).metrics())?,
                steps: 0,
                stopped: false,
            },
            waiting: None,
            observer,
        })
    }
}

/// A split of an epoch that goes on.
struct Going<'o> {
    seen: Seen,
    /// Read when the device is at work on the next, so that it need not wait.
    waiting: Option<Outcome>,
    observer: &'o mut dyn Observer,
}

impl Going<'_> {
    /// Takes a step's outcome in, and says whether the run is to end.
    fn stops_after(&mut self, outcome: Outcome) -> Result<bool> {
        let before = self.waiting.replace(outcome);
        self.read(before)?;
        self.seen.steps += 1;
        self.seen.stopped = self.observer.should_stop();
        Ok(self.seen.stopped)
    }

    fn read(&mut self, outcome: Option<Outcome>) -> Result<()> {
        if let Some(outcome) = outcome {
            self.seen.metrics.update(outcome)?;
            self.observer.event(Event::Batch {
                seen: self.seen.metrics.images(),
                values: &self.seen.metrics.values(),
            });
        }
        Ok(())
    }

    fn end(mut self) -> Result<Seen> {
        let last = self.waiting.take();
        self.read(last)?;
        Ok(self.seen)
    }
}
