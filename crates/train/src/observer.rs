//! What a run tells while it goes on.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use models::{Model, ModelConfig};
use weights::Report;

use crate::data::{Pairs, Skipped, Timing};
use crate::metric::Values;
use crate::run_folder::Damaged;

/// Whoever looks on while a run trains.
pub trait Observer {
    /// Something has happened.
    fn event(&mut self, event: Event<'_>);

    /// Whether the run is to end now. Asked after each step.
    fn should_stop(&self) -> bool {
        false
    }

    /// The network before a step, and after the last. Whoever looks may run it, and changes nothing
    /// of it. A run that goes on shows the step again that it goes on with.
    ///
    /// # Errors
    /// Whatever goes wrong in looking ends the run.
    fn look(&mut self, _network: Look<'_>) -> Result<()> {
        Ok(())
    }
}

/// A network that learns. Its running statistics may be an update behind; those of its `valid()` are
/// not.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// It, as it trains: with derivatives.
    pub model: &'a Model,
    /// Its configuration.
    pub config: &'a ModelConfig,
    /// The steps that were taken.
    pub steps: usize,
    /// The steps of an epoch.
    pub steps_per_epoch: usize,
}

/// Looks away.
pub struct Silent;

impl Observer for Silent {
    fn event(&mut self, _: Event<'_>) {}
}

/// What happens in a run, in this order.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The run begins.
    Begin(Begin<'a>),
    /// A split of an epoch begins.
    SplitBegin {
        /// Counted from 1.
        epoch: usize,
        /// Which part of the data.
        split: Split,
        /// How many images it has.
        images: usize,
    },
    /// A batch of a split is done.
    Batch {
        /// How many images of the split were seen.
        seen: usize,
        /// The metrics over these images.
        values: &'a Values,
    },
    /// An epoch is done.
    EpochEnd {
        /// Counted from 1.
        epoch: usize,
        /// How long it took.
        seconds: f64,
        /// Where the time of its training went.
        batches: BatchTimes,
        /// The metrics over the training images, as they were seen.
        train: &'a Values,
        /// The metrics over the validation images, after the epoch.
        valid: &'a Values,
    },
    /// The run goes on where a checkpoint was written.
    Resumed {
        /// Epochs that were trained to their end.
        epochs: usize,
        /// Steps of all epochs.
        steps: usize,
        /// The learning rate that the next step would have had, and the one that it has: another
        /// where the run is to last longer than it was.
        rates: [f64; 2],
    },
    /// A checkpoint is written.
    Saved {
        /// Where it is.
        path: &'a Path,
        /// Steps of all epochs so far.
        steps: usize,
        /// Its size.
        bytes: u64,
        /// How long it took.
        seconds: f64,
    },
    /// What became of the weights that the network starts from. Told once, when a run begins.
    Weights(&'a Report),
    /// A checkpoint cannot be used, and is put aside.
    Damaged(&'a Damaged),
    /// A step was left out.
    LeftOut {
        /// Counted from 1.
        epoch: usize,
        /// Steps of all epochs so far.
        steps: usize,
        /// Why.
        why: Unusable,
    },
    /// Images are in more than one part of the data. Told once, before a run begins.
    Duplicates(&'a Pairs),
    /// An image could not be read, and is left out of every batch.
    BadImage(&'a Skipped),
    /// The run went back to its last checkpoint.
    WentBack {
        /// Steps of all epochs that are left.
        steps: usize,
        /// Why.
        why: Unusable,
        /// What the learning rate is multiplied by from now on.
        rate: f64,
    },
    /// No more epochs: the run is evaluated, and ends. Nothing more is asked.
    TrainingEnd,
    /// All is written.
    End {
        /// The run's folder.
        folder: &'a Path,
    },
}

/// Why a step cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unusable {
    /// This loss is not a number, or it has exploded.
    Loss(f64),
    /// The loss is a number, and its gradient has a value that is none.
    Gradient,
}

impl fmt::Display for Unusable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loss(loss) => write!(formatter, "the loss is {loss}"),
            Self::Gradient => write!(formatter, "the gradient is not a number"),
        }
    }
}

/// Where the time of training goes: seconds of a batch, on average.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BatchTimes {
    /// Reading its images, on the threads that do it, all together.
    pub decode: f64,
    /// Transforming and normalising them, there too.
    pub augment: f64,
    /// Waiting for it.
    pub wait: f64,
    /// Learning from it.
    pub step: f64,
}

impl BatchTimes {
    /// Of an epoch whose training took so long.
    pub(crate) fn of(timing: Timing, trained: Duration) -> Self {
        let each = |all: Duration| all.as_secs_f64() / timing.batches.max(1) as f64;
        Self {
            decode: each(timing.decoding),
            augment: each(timing.augmenting()),
            wait: each(timing.waiting),
            step: each(trained.saturating_sub(timing.waiting)),
        }
    }
}

/// What a run is.
#[derive(Clone, Debug)]
pub struct Begin<'a> {
    /// The model's name.
    pub model: &'a str,
    /// How many values it learns.
    pub parameters: usize,
    /// The data set's name or folder.
    pub data: &'a str,
    /// The backend's name.
    pub backend: &'a str,
    /// How many epochs there are to be.
    pub epochs: usize,
    /// How many images there are to train, to validate and to test.
    pub images: [usize; 3],
    /// The names of the metrics.
    pub metrics: Vec<String>,
}

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Learned from.
    Train,
    /// Chosen by.
    Valid,
    /// Looked at once, at the end.
    Test,
}

impl Split {
    /// What it is called in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }
}
