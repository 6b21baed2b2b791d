//! The epochs of a run.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use burn::data::dataloader::DataLoader;
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Device;
use models::{Model, ModelConfig};
use serde::Serialize;
use skip_blocks::parameter_count;
use weights::Report;

use crate::average::{restore_statistics, values};
use crate::checkpoint::{Keeper, load_best};
use crate::data::{Batch, DataSet, Loader, Position, Problem, seed_of};
use crate::gradients::{Sum, are_numbers};
use crate::loaders::{in_order, training};
use crate::metric::{Metrics, Values, better, metrics_of};
use crate::network::configured;
use crate::observer::{BatchTimes, Begin, Event, Look, Observer, Split, Unusable};
use crate::outcome::Outcome;
use crate::progress::{Best, Progress};
use crate::recipe::{OnNan, Recipe};
use crate::run_folder::{Checkpoint, RunFolder, record};
use crate::state::State;
use crate::step::TrainStep;
use crate::task;

/// A loss that is so many times that of the first batch has exploded.
const EXPLODED: f64 = 1000.0;

/// So many times a run goes back at most.
const MOST_REWINDS: i32 = 10;

/// So many steps may be left out one after the other: a model whose every loss has exploded does not
/// come back by itself.
const MOST_LEFT_OUT: usize = 10;

/// A checkpoint at an epoch's end is not written sooner after the last than this.
const SOON: Duration = Duration::from_secs(15);

/// A model that learns.
pub(crate) struct Training<'a> {
    recipe: &'a Recipe,
    data: &'a DataSet,
    device: &'a Device,
    config: ModelConfig,
    state: State,
    /// What became of the weights that it starts from, if any.
    report: Option<Report>,
    progress: Progress,
    /// When the part of the run began that this program does.
    since: Instant,
    /// How long the run had lasted by then.
    before: Duration,
    /// When, and after how many steps, the last checkpoint was written.
    saved: (Instant, usize),
    /// Steps that were left out since the last that was not.
    left_out: usize,
    costs: Costs,
}

/// What the checkpoints of a run cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Costs {
    /// How many were written by this program.
    pub written: usize,
    /// How long that took, in all.
    pub seconds: f64,
    /// The size of the last.
    pub bytes: u64,
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
    pub best: Option<Best>,
    /// Steps that were left out.
    pub skipped: usize,
    /// How long the epochs took, with their validation.
    pub seconds: f64,
    /// Training images that were seen.
    pub images: usize,
    /// What its checkpoints cost.
    pub costs: Costs,
}

/// How a part of a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// All of it is done.
    Done,
    /// Somebody wants the run to end.
    Stopped,
    /// Its loss cannot be used, and it went back.
    WentBack,
}

impl<'a> Training<'a> {
    /// A new model, and all that changes it.
    ///
    /// # Errors
    /// If the model cannot take the images, or the recipe does not go with it.
    pub fn new(recipe: &'a Recipe, data: &'a DataSet, device: &'a Device) -> Result<Self> {
        let config = configured(&recipe.model, &data.problem)?;
        let progress = Progress::new(recipe.tree()?, unseen(&recipe.run.best, &data.problem)?);
        let (state, report) = State::untrained(recipe, data, device, &config)?;
        Ok(Self {
            recipe,
            data,
            device,
            config,
            state,
            report,
            progress,
            since: Instant::now(),
            before: Duration::ZERO,
            saved: (Instant::now(), 0),
            left_out: 0,
            costs: Costs::default(),
        })
    }

    /// Goes back to where a checkpoint was written.
    fn go_back(&mut self, keeper: &mut Keeper<'_>, checkpoint: Checkpoint) -> Result<()> {
        let Self {
            recipe,
            data,
            config,
            ..
        } = self;
        let around = |model| State::around(model, recipe, config, data.problem.image);
        let model = self.state.model.clone();
        let (state, progress) = keeper.load(checkpoint, model, around)?;
        (self.state, self.progress) = (state, progress);
        self.before = self.progress.spent;
        self.since = Instant::now();
        self.saved = (Instant::now(), self.progress.steps);
        Ok(())
    }

    /// Goes on where a checkpoint was written.
    ///
    /// # Errors
    /// If it is of another model, or a file of it cannot be read.
    pub fn resume(
        &mut self,
        keeper: &mut Keeper<'_>,
        checkpoint: Checkpoint,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        self.go_back(keeper, checkpoint)?;
        let before: Recipe = serde_json::from_value(self.progress.recipe.take())?;
        let rate = |recipe: &Recipe| self.rate(recipe);
        let rates = [rate(&before), rate(self.recipe)];
        // Other epochs, threads or devices may be asked for than before.
        self.progress.recipe = self.recipe.tree()?;
        observer.event(Event::Resumed {
            epochs: self.progress.epochs,
            steps: self.progress.steps,
            rates,
        });
        Ok(())
    }

    /// The learning rate of the next step, as this recipe has it.
    fn rate(&self, recipe: &Recipe) -> f64 {
        let moment = self
            .progress
            .moment(&recipe.run, self.steps(), self.lasted());
        let (highest, moment) = recipe.freeze.phase(recipe.optimizer.lr, moment);
        highest * recipe.schedule.factor(moment) * self.progress.rate()
    }

    /// Trains all epochs, or as many as there are before the run is stopped.
    ///
    /// # Errors
    /// If an image cannot be read, a file cannot be written, or the loss cannot be used.
    pub fn run(
        mut self,
        folder: &RunFolder,
        mut keeper: Keeper<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Trained> {
        let run = &self.recipe.run;
        let DataSet { problem, valid, .. } = self.data;
        let autodiff = self.device.clone().autodiff();
        let train = training(self.recipe, self.data, &autodiff);
        let valid = in_order(self.recipe, problem, valid, self.device);
        observer.event(Event::Begin(self.begin()));
        (self.since, self.before) = (Instant::now(), self.progress.spent);
        self.saved = (self.since, self.progress.steps);
        if keeper.last().is_none() {
            if let Some(report) = &self.report {
                observer.event(Event::Weights(report));
            }
            // So there is always one to go back to.
            self.save(&mut keeper, observer)?;
        }

        let mut end = End::Done;
        while !self.progress.is_done(run) && end != End::Stopped {
            end = self.epoch(&train, &valid, folder, &mut keeper, observer)?;
        }
        // An end that nobody asked for is one, too.
        let stopped = end == End::Stopped && !self.progress.is_done(run);
        if !stopped {
            observer.look(self.look())?;
        }
        self.save(&mut keeper, observer)?;
        observer.event(Event::TrainingEnd);

        let last = keeper.last().expect("it was just written");
        Ok(Trained {
            parameters: parameter_count(&self.state.model),
            model: load_best(last, self.state.model.valid())?,
            epochs: self.progress.epochs,
            stopped,
            best: self.progress.best,
            skipped: self.progress.skipped,
            seconds: self.progress.spent.as_secs_f64(),
            images: self.progress.images,
            costs: self.costs,
        })
    }

    /// What is left of an epoch, and its validation.
    fn epoch(
        &mut self,
        train: &Loader,
        valid: &Loader,
        folder: &RunFolder,
        keeper: &mut Keeper<'_>,
        observer: &mut dyn Observer,
    ) -> Result<End> {
        let epoch = self.progress.epochs + 1;
        let bad = || [train.skipped(), valid.skipped()].concat();
        let told = bad();
        let (start, before) = (Instant::now(), train.timing());
        let end = self.learn(epoch, train, keeper, observer)?;
        if end != End::Done {
            return Ok(end);
        }
        let (trained, timing) = (start.elapsed(), train.timing().since(before));
        let validation = Instant::now();
        let Some(validated) = self.validate(epoch, valid, observer)? else {
            return Ok(End::Stopped);
        };
        self.progress.validation = validation.elapsed();
        for image in bad().iter().filter(|image| !told.contains(image)) {
            observer.event(Event::BadImage(image));
        }

        let learned = self.progress.seen.values();
        record::append(&folder.metrics(), epoch, Split::Train, &learned)?;
        record::append(&folder.metrics(), epoch, Split::Valid, &validated)?;
        self.progress.epochs = epoch;
        self.progress.batches = 0;
        self.progress.seen = unseen(&self.recipe.run.best, &self.data.problem)?;
        self.choose(epoch, &validated, keeper)?;
        observer.event(Event::EpochEnd {
            epoch,
            seconds: start.elapsed().as_secs_f64(),
            batches: BatchTimes::of(timing, trained),
            train: &learned,
            valid: &validated,
        });
        if self.saved.0.elapsed() >= SOON {
            self.save(keeper, observer)?;
        }
        Ok(match observer.should_stop() {
            true => End::Stopped,
            false => End::Done,
        })
    }

    /// Keeps the parameters of the epoch if it is better than those before.
    fn choose(&mut self, epoch: usize, validated: &Values, keeper: &mut Keeper<'_>) -> Result<()> {
        let by = &self.recipe.run.best;
        let value = validated.get(by).filter(|value| value.is_finite());
        let direction = better(by)?;
        let is_better = |value: &f64| {
            let best = self.progress.best;
            best.is_none_or(|best| direction.is(*value, best.value))
        };
        if let Some(value) = value.filter(is_better) {
            self.progress.best = Some(Best { epoch, value });
            keeper.keep_best(&self.state)?;
        }
        Ok(())
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
            metrics: names(&self.progress.seen),
        }
    }

    fn look(&self) -> Look<'_> {
        Look {
            model: &self.state.model,
            config: &self.config,
            steps: self.progress.steps,
            steps_per_epoch: self.steps(),
        }
    }

    fn lasted(&self) -> Duration {
        self.before + self.since.elapsed()
    }

    /// The steps of an epoch.
    fn steps(&self) -> usize {
        let batches = self.data.train.len().div_ceil(self.recipe.run.batch_size);
        batches.div_ceil(self.recipe.optimizer.accumulate)
    }

    /// The steps of an epoch that are not done yet.
    fn learn(
        &mut self,
        epoch: usize,
        loader: &Loader,
        keeper: &mut Keeper<'_>,
        observer: &mut dyn Observer,
    ) -> Result<End> {
        let Recipe { run, optimizer, .. } = self.recipe;
        observer.event(Event::SplitBegin {
            epoch,
            split: Split::Train,
            images: loader.num_items(),
        });
        let loader = loader.clone().starting_at(Position {
            epoch: epoch - 1,
            batch: self.progress.batches,
        });
        self.state.begin_epoch(self.recipe, epoch - 1);
        let mut batches = loader.iter();
        // What an outcome says is read when the device is at work on the next.
        let mut waiting = None;
        while !self.progress.is_late(run, self.lasted()) {
            let step: Vec<_> = batches.by_ref().take(optimizer.accumulate).collect();
            if step.is_empty() {
                break;
            }
            observer.look(self.look())?;
            let statistics = match run.on_nan {
                OnNan::Skip => Some(values(&self.state.model.valid())),
                OnNan::Stop | OnNan::Rewind => None,
            };
            let mut gradients = Sum::new();
            let mut unusable = None;
            for batch in step {
                let (own, outcome) = self.learn_from(batch?);
                self.progress.batches += 1;
                if run.on_nan == OnNan::Stop {
                    gradients.add(&self.state.model, own);
                    let before = waiting.replace(outcome);
                    self.read(epoch, before, observer)?;
                    continue;
                }
                let loss = outcome.loss.clone().try_into_scalar::<f64>()?;
                if self.is_usable(loss) {
                    gradients.add(&self.state.model, own);
                    self.read(epoch, Some(outcome), observer)?;
                } else {
                    unusable = Some(Unusable::Loss(loss));
                }
            }
            let gradients = gradients.mean(&self.state.model);
            if let Some(gradients) = &gradients
                && run.on_nan != OnNan::Stop
                && !are_numbers(gradients, &self.state.model)?
            {
                unusable.get_or_insert(Unusable::Gradient);
            }
            match (unusable, run.on_nan) {
                (Some(why), OnNan::Rewind) => {
                    self.rewind(epoch, why, keeper, observer)?;
                    return Ok(End::WentBack);
                }
                (Some(why), _) => {
                    self.left_out += 1;
                    ensure!(
                        self.left_out < MOST_LEFT_OUT,
                        "{why} in epoch {epoch}, and could not be used in {MOST_LEFT_OUT} steps one \
                         after the other; {}",
                        what_helps(epoch)
                    );
                    self.progress.skipped += 1;
                    if let Some(statistics) = statistics {
                        self.state.model = restore_statistics(self.state.model.clone(), statistics);
                    }
                    observer.event(Event::LeftOut {
                        epoch,
                        steps: self.progress.steps,
                        why,
                    });
                }
                (None, _) => self.left_out = 0,
            }
            if let (Some(gradients), None) = (gradients, unusable) {
                self.update(gradients);
            }
            self.progress.steps += 1;
            let stop = observer.should_stop();
            if stop || self.is_due() {
                self.read(epoch, waiting.take(), observer)?;
                if stop {
                    return Ok(End::Stopped);
                }
                self.save(keeper, observer)?;
            }
        }
        self.read(epoch, waiting.take(), observer)?;
        Ok(End::Done)
    }

    /// The gradients of a batch, and what the model said. What is drawn at random follows from the
    /// seed and the batch's place in the run.
    fn learn_from(&self, batch: Batch) -> (GradientsParams, Outcome) {
        let place = [self.progress.epochs, self.progress.batches].map(|place| place as u64);
        let [epoch, batch_number] = place;
        let seed = seed_of([self.recipe.run.seed, epoch, batch_number]);
        self.device.seed(seed);
        let step = TrainStep {
            model: &self.state.model,
            loss: &self.recipe.loss,
            seam: self.state.seam.as_ref(),
        };
        step.run(batch)
    }

    fn update(&mut self, gradients: GradientsParams) {
        let factor = self.rate(self.recipe) / self.recipe.optimizer.lr;
        let step = self.progress.steps + 1;
        self.state.update(self.recipe, gradients, factor, step);
    }

    /// Takes an outcome of training in.
    fn read(
        &mut self,
        epoch: usize,
        outcome: Option<Outcome>,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let Some(outcome) = outcome else {
            return Ok(());
        };
        let loss = outcome.loss.clone().try_into_scalar::<f64>()?;
        ensure!(
            self.is_usable(loss),
            "the loss is {loss} in epoch {epoch}; {}",
            what_helps(epoch)
        );
        if self.progress.first_loss.is_nan() {
            self.progress.first_loss = loss;
        }
        let before = self.progress.seen.images();
        self.progress.seen.update(outcome)?;
        self.progress.images += self.progress.seen.images() - before;
        observer.event(Event::Batch {
            seen: self.progress.seen.images(),
            values: &self.progress.seen.values(),
        });
        Ok(())
    }

    fn is_usable(&self, loss: f64) -> bool {
        let first = self.progress.first_loss;
        loss.is_finite() && (first.is_nan() || loss <= EXPLODED * first.abs().max(1e-3))
    }

    /// Goes back to the last checkpoint, and on with half the learning rate.
    fn rewind(
        &mut self,
        epoch: usize,
        why: Unusable,
        keeper: &mut Keeper<'_>,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let rewinds = self.progress.rewinds + 1;
        let lasted = self.lasted();
        ensure!(
            rewinds <= MOST_REWINDS,
            "{why} in epoch {epoch}, after the run went back {MOST_REWINDS} times; {}",
            what_helps(epoch)
        );
        let last = keeper.last().cloned();
        self.go_back(keeper, last.expect("the run began with one"))?;
        // The time is spent, and the next to go back must know of it.
        self.before = lasted;
        self.since = Instant::now();
        self.progress.rewinds = rewinds;
        observer.event(Event::WentBack {
            steps: self.progress.steps,
            why,
            rate: self.progress.rate(),
        });
        self.save(keeper, observer)
    }

    fn is_due(&self) -> bool {
        let every = &self.recipe.run.checkpoint;
        let (when, steps) = self.saved;
        let often = |wanted: usize| self.progress.steps - steps >= wanted;
        when.elapsed().as_secs_f64() >= 60.0 * every.minutes || every.steps.is_some_and(often)
    }

    fn save(&mut self, keeper: &mut Keeper<'_>, observer: &mut dyn Observer) -> Result<()> {
        let start = Instant::now();
        self.progress.spent = self.lasted();
        let checkpoint = keeper.save(&self.state, &self.progress)?;
        let (bytes, seconds) = (checkpoint.bytes()?, start.elapsed().as_secs_f64());
        self.costs.written += 1;
        self.costs.seconds += seconds;
        self.costs.bytes = bytes;
        observer.event(Event::Saved {
            path: checkpoint.path(),
            steps: self.progress.steps,
            bytes,
            seconds,
        });
        self.saved = (Instant::now(), self.progress.steps);
        Ok(())
    }

    /// What the model is worth on images that it does not learn from; none where somebody wants the
    /// run to end before that is known.
    fn validate(
        &self,
        epoch: usize,
        loader: &Loader,
        observer: &mut dyn Observer,
    ) -> Result<Option<Values>> {
        observer.event(Event::SplitBegin {
            epoch,
            split: Split::Valid,
            images: loader.num_items(),
        });
        let model = self.state.answering();
        let step = TrainStep {
            model: &model,
            loss: &self.recipe.loss,
            seam: None,
        };
        let mut metrics = unseen(&self.recipe.run.best, &self.data.problem)?;
        let mut waiting = None;
        let mut batches = loader.iter();
        loop {
            let outcome = match batches.next() {
                Some(batch) => Some(step.forward(batch?)),
                None => None,
            };
            let is_last = outcome.is_none();
            if let Some(outcome) = std::mem::replace(&mut waiting, outcome) {
                metrics.update(outcome)?;
                observer.event(Event::Batch {
                    seen: metrics.images(),
                    values: &metrics.values(),
                });
            }
            if is_last {
                return Ok(Some(metrics.values()));
            }
            if observer.should_stop() {
                return Ok(None);
            }
        }
    }
}

/// What is measured after every epoch: what the task says, and what the best epoch is chosen by.
///
/// # Errors
/// If that is neither the loss nor a metric of the task, or of one of its classes.
fn unseen(best: &str, problem: &Problem) -> Result<Metrics> {
    let measured = |names: &[&str]| -> Result<Metrics> {
        Ok(Metrics::new(names)?.with_classes(&problem.classes))
    };
    let all = metrics_of(problem.task);
    let of_epochs = task::of(problem.task).metrics();
    // A metric of a class is called by both.
    let metric = best.split_once('.').map_or(best, |(metric, _)| metric);
    let more = all
        .iter()
        .filter(|name| **name == metric && !of_epochs.contains(name));
    let metrics = measured(&of_epochs.iter().chain(more).copied().collect::<Vec<_>>())?;
    ensure!(
        metrics.values().get(best).is_some(),
        "--best {best}: must be one of: {}",
        names(&measured(&all)?).join(", ")
    );
    Ok(metrics)
}

fn names(metrics: &Metrics) -> Vec<String> {
    let values = metrics.values();
    values.iter().map(|(name, _)| name.to_string()).collect()
}

fn what_helps(epoch: usize) -> String {
    let before = match epoch {
        1 => "",
        _ => "the checkpoint before it is kept; ",
    };
    format!("{before}a smaller --lr may help, or --clip 1, or --on-nan skip or rewind")
}
