//! All images of a data set, before they are shared out.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use models::Task;

use super::Problem;
use super::mask_values::{MaskReading, MaskValues};
use super::settings::{Data, Sampling};
use super::source::Source;

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    Train,
    Valid,
    Test,
}

impl Part {
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// The part of this name; `valid` has several.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "train" => Some(Self::Train),
            "valid" | "val" | "validation" => Some(Self::Valid),
            "test" => Some(Self::Test),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }
}

/// What is known of an image before it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The part that it is in; none: that is to be decided.
    pub part: Option<Part>,
    /// Its class.
    pub class: Option<usize>,
    /// What it must not be parted from.
    pub group: Option<String>,
    /// How often it is learned from, by its column.
    pub weight: Option<f64>,
}

/// All images of a data set.
pub(super) struct Collection {
    /// What it is, for errors: `the folder 'cells'`.
    pub origin: String,
    pub source: Arc<dyn Source>,
    /// Of each of the source's items.
    pub known: Vec<Known>,
    pub task: Task,
    /// The names of the classes, points or colours that are told.
    pub classes: Vec<String>,
    pub mask_values: Option<MaskValues>,
    /// Whether a mirrored image is one of the same kind.
    pub mirrors: bool,
}

/// How a collection is to be read.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub settings: &'a Data,
    /// What was learned before, which it must fit.
    pub learned: Option<&'a Problem>,
    /// Whether only the list matters, and no file needs to be looked into.
    pub listing: bool,
}

impl Wanted<'_> {
    /// How masks are read, as far as that is known: those that are there to number objects, or
    /// others.
    ///
    /// # Errors
    /// If objects are numbered, and that is not what was learned.
    pub fn reading(&self, numbered: bool) -> Result<MaskReading> {
        use MaskValues::{Binary, Colours, Objects};
        let border = self.settings.mask_border;
        let learned = self.learned.and_then(|learned| learned.mask_values.clone());
        let values = match (learned, numbered || border.is_some()) {
            (None | Some(Binary | Objects { .. }), true) => Objects { border },
            (Some(Objects { border: None }), false) => Binary,
            (Some(learned), false) => learned,
            (Some(learned), true) => bail!("masks number objects; of what was learned, {learned}"),
            (None, false) => {
                let colours = self.settings.mask_colours.clone().map(Colours);
                colours.unwrap_or(Binary)
            }
        };
        Ok(MaskReading {
            values,
            ignored: self.settings.mask_ignored,
        })
    }

    /// The classes: those that were learned, or these.
    pub fn classes(&self, own: impl FnOnce() -> Vec<String>) -> Vec<String> {
        match self.learned {
            Some(learned) => learned.classes.clone(),
            None => own(),
        }
    }
}

impl Wanted<'_> {
    /// # Errors
    /// If something else was learned.
    pub fn check_task(&self, task: Task, origin: &str) -> Result<()> {
        if let Some(learned) = self.learned {
            ensure!(
                task == learned.task,
                "the images in {origin} have {}, not what was learned: {}",
                plural(task),
                plural(learned.task)
            );
        }
        Ok(())
    }
}

fn plural(task: Task) -> &'static str {
    match task {
        Task::Classification => "classes",
        Task::Segmentation => "masks",
        Task::KeyPoints => "points",
        _ => "targets",
    }
}

impl Collection {
    /// Whether one belongs to what is learned from, as far as that is known.
    pub fn is_learned(&self, index: usize) -> bool {
        !matches!(self.known[index].part, Some(Part::Valid) | Some(Part::Test))
    }

    /// How often each image is learned from; none: once an epoch.
    ///
    /// # Errors
    /// If images have no classes to balance, or none has any weight.
    pub fn weights(&self, indices: &[usize], sampling: Sampling) -> Result<Option<Vec<f64>>> {
        let weights: Vec<f64> = match sampling {
            Sampling::Uniform => return Ok(None),
            Sampling::Weighted => indices
                .iter()
                .map(|&index| self.known[index].weight.unwrap_or(1.0))
                .collect(),
            Sampling::Balanced => {
                let labels = self.labels(indices).with_context(|| {
                    format!(
                        "data.sampling = balanced: the images of {} have no classes",
                        self.origin
                    )
                })?;
                let counts = counts(&labels, self.classes.len());
                labels
                    .iter()
                    .map(|&label| 1.0 / counts[label] as f64)
                    .collect()
            }
        };
        ensure!(
            weights.iter().any(|&weight| weight > 0.0),
            "data.sampling = weighted: all images of {} have the weight 0",
            self.origin
        );
        Ok(Some(weights))
    }

    /// The class of each of these images; none where images have no classes.
    pub fn labels(&self, indices: &[usize]) -> Option<Vec<usize>> {
        indices
            .iter()
            .map(|&index| self.known[index].class)
            .collect()
    }
}

/// How many labels each class has.
pub(super) fn counts(labels: &[usize], classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for &label in labels {
        counts[label] += 1;
    }
    counts
}
