//! What a run tells while it goes on.

use std::path::Path;

use crate::metric::Values;

/// Whoever looks on while a run trains.
pub trait Observer {
    /// Something has happened.
    fn event(&mut self, event: Event<'_>);

    /// Whether the run is to end now. Asked after each step.
    fn should_stop(&self) -> bool {
        false
    }
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
        /// The metrics over the training images, as they were seen.
        train: &'a Values,
        /// The metrics over the validation images, after the epoch.
        valid: &'a Values,
    },
    /// No more epochs: the run is evaluated, and ends. Nothing more is asked.
    TrainingEnd,
    /// All is written.
    End {
        /// The run's folder.
        folder: &'a Path,
    },
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
    pub metrics: Vec<&'static str>,
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
