//! Batches in an order that follows from the seed and the epoch, read ahead by threads of their
//! own.

mod epoch;
mod prefetch;
mod shown;
mod skipped;
mod timing;

pub use skipped::Skipped;
pub use timing::Timing;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::data::dataset::DatasetError;
use burn::tensor::Device;

use self::epoch::Epoch;
use self::prefetch::Prefetch;
use self::skipped::SkippedItems;
use self::timing::Times;
use super::batch::Batch;
use super::preprocessing::Preprocessing;
use super::settings::OnBadImage;
use super::source::{Source, Subset};
use super::transform::Transform;

/// Gives the batches of a source, epoch after epoch.
///
/// Each call of [`DataLoader::iter`] is one epoch. The order of an epoch follows from the seed and
/// the epoch's number, what transforms draw from the seed, the epoch's number and the item's index:
/// the batches are the same to the bit for any number of threads, and an epoch may be started at
/// any batch.
///
/// Items are read, transformed and normalised on threads that end with the iterator. The first item
/// that cannot be read ends the epoch with an error that names it, or is left out of its batch and
/// listed.
#[derive(Clone)]
pub struct Loader {
    source: Arc<dyn Source>,
    work: Work,
    threads: usize,
    ahead: usize,
    device: Device,
    next: Arc<Mutex<Position>>,
    times: Arc<Times>,
    skipped: SkippedItems,
}

/// What is done with the items.
#[derive(Clone)]
struct Work {
    preprocessing: Preprocessing,
    transforms: Vec<Transform>,
    batch_size: usize,
    shuffle: bool,
    seed: u64,
    /// How many there are, for those that are mixed.
    classes: usize,
    /// Pairs of points that change places in a mirrored image.
    mirrored: Vec<[usize; 2]>,
    /// How often each item comes; none: once.
    weights: Option<Arc<Vec<f64>>>,
    on_bad_image: OnBadImage,
}

/// A batch of all epochs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The epoch, from 0.
    pub epoch: usize,
    /// The batch in the epoch, from 0.
    pub batch: usize,
}

impl Loader {
    /// Batches of images as they are, in their order, on the default device; read ahead by half as
    /// many threads as there are cores, at most 8.
    ///
    /// # Panics
    /// If `batch_size` is 0.
    pub fn new(source: Arc<dyn Source>, preprocessing: Preprocessing, batch_size: usize) -> Self {
        assert!(batch_size > 0, "batch_size = 0: must be at least 1");
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            source,
            work: Work {
                preprocessing,
                transforms: Vec::new(),
                batch_size,
                shuffle: false,
                seed: 0,
                classes: 0,
                mirrored: Vec::new(),
                weights: None,
                on_bad_image: OnBadImage::Fail,
            },
            threads: (cores / 2).clamp(1, 8),
            ahead: 1,
            device: Device::default(),
            next: Arc::default(),
            times: Arc::default(),
            skipped: SkippedItems::default(),
        }
    }

    /// For training: items in an order of its own each epoch, and transformed.
    pub fn for_training(self, transforms: Vec<Transform>, seed: u64) -> Self {
        let work = Work {
            transforms,
            shuffle: true,
            seed,
            ..self.work
        };
        Self { work, ..self }
    }

    /// Answers are of so many classes; it must be known where they are mixed.
    pub fn with_classes(self, classes: usize) -> Self {
        let work = Work {
            classes,
            ..self.work
        };
        Self { work, ..self }
    }

    /// These pairs of points, by their places, change places where an image is mirrored.
    pub fn with_mirrored(self, mirrored: Vec<[usize; 2]>) -> Self {
        let work = Work {
            mirrored,
            ..self.work
        };
        Self { work, ..self }
    }

    /// An epoch is as many items as there are, drawn by these weights, each as often as it comes;
    /// none: each once.
    ///
    /// # Panics
    /// If there is not a weight for each item, at least 0, and one above it.
    pub fn with_weights(self, weights: Option<Vec<f64>>) -> Self {
        if let Some(weights) = &weights {
            let right = weights
                .iter()
                .all(|&weight| weight.is_finite() && weight >= 0.0)
                && weights.iter().any(|&weight| weight > 0.0);
            assert!(
                right && weights.len() == self.source.len(),
                "{} weights for {} items: must be one for each, at least 0, and one above it",
                weights.len(),
                self.source.len()
            );
        }
        let work = Work {
            weights: weights.map(Arc::new),
            ..self.work
        };
        Self { work, ..self }
    }

    /// What is done about an item that cannot be read.
    pub fn on_bad_image(self, on_bad_image: OnBadImage) -> Self {
        let work = Work {
            on_bad_image,
            ..self.work
        };
        Self { work, ..self }
    }

    /// Read by so many threads; by none: by the caller, when it asks for a batch.
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Each thread holds at most so many finished batches, besides the one that it works on.
    pub fn with_ahead(self, ahead: usize) -> Self {
        Self { ahead, ..self }
    }

    /// The device of the tensors.
    pub fn with_device(self, device: Device) -> Self {
        Self { device, ..self }
    }

    /// The next epoch starts here; those after it at their first batch.
    pub fn starting_at(self, position: Position) -> Self {
        Self {
            next: Arc::new(Mutex::new(position)),
            ..self
        }
    }

    /// How many batches an epoch has.
    pub fn batches(&self) -> usize {
        self.source.len().div_ceil(self.work.batch_size)
    }

    /// How long reading and waiting took so far, in this loader and those made from it.
    pub fn timing(&self) -> Timing {
        self.times.so_far()
    }

    /// The items that were left out so far, in the order of their names, in this loader and those
    /// made from it.
    pub fn skipped(&self) -> Vec<Skipped> {
        self.skipped.list()
    }

    /// The epoch to come; the next call gives the one after it.
    fn next_epoch(&self) -> Position {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let after = Position {
            epoch: next.epoch + 1,
            batch: 0,
        };
        std::mem::replace(&mut *next, after)
    }

    /// Where the epoch to come starts.
    fn position(&self) -> Position {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, counting its epochs by itself from here on.
    fn apart(&self) -> Self {
        self.clone().starting_at(self.position())
    }
}

impl DataLoader<Batch> for Loader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<Batch> + 'a> {
        let Position { epoch, batch } = self.next_epoch();
        let epoch = Epoch::new(
            self.source.clone(),
            self.work.clone(),
            epoch,
            self.skipped.clone(),
            self.times.clone(),
        );
        let (threads, ahead) = (self.threads, self.ahead);
        Box::new(Batches {
            items: self.source.len(),
            batch_size: self.work.batch_size,
            done: batch * self.work.batch_size,
            prefetch: Prefetch::start(epoch, batch, threads, ahead, self.times.clone()),
            device: self.device.clone(),
        })
    }

    fn num_items(&self) -> usize {
        self.source.len()
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<Batch>> {
        Arc::new(self.apart().with_device(device.clone()))
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<Batch>> {
        let indices = (start..end).collect();
        let apart = self.apart();
        let weights = apart.work.weights.as_ref();
        let weights = weights.map(|weights| Arc::new(weights[start..end].to_vec()));
        Arc::new(Self {
            source: Arc::new(Subset::new(self.source.clone(), indices)),
            work: Work {
                weights,
                ..apart.work
            },
            ..apart
        })
    }
}

/// The batches of one epoch.
struct Batches {
    items: usize,
    batch_size: usize,
    done: usize,
    prefetch: Prefetch,
    device: Device,
}

impl Iterator for Batches {
    type Item = Result<Batch, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.prefetch.next()? {
            Ok(stack) => {
                self.done += self.batch_size;
                Some(Ok(stack.into_batch(&self.device)))
            }
            Err(error) => Some(Err(DatasetError::new(ReadError(error)))),
        }
    }
}

impl DataLoaderIterator<Batch> for Batches {
    fn progress(&self) -> Progress {
        let done = self.done.min(self.items);
        Progress::new(done, self.items, Some("items".to_string()))
    }
}

/// An error of a source, told with its causes.
#[derive(Debug)]
struct ReadError(anyhow::Error);

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for ReadError {}

#[cfg(test)]
mod tests;
