//! Batches in an order that follows from the seed and the epoch, read ahead by threads of their
//! own.

mod epoch;
mod prefetch;
mod timing;

pub use timing::Timing;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::data::dataset::DatasetError;
use burn::tensor::Device;

use self::epoch::Epoch;
use self::prefetch::Prefetch;
use self::timing::Times;
use super::batch::Batch;
use super::preprocessing::Preprocessing;
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
/// that cannot be read ends the epoch with an error that names it.
#[derive(Clone)]
pub struct Loader {
    source: Arc<dyn Source>,
    work: Work,
    threads: usize,
    ahead: usize,
    device: Device,
    next: Arc<Mutex<Position>>,
    times: Arc<Times>,
}

/// What is done with the items.
#[derive(Clone)]
struct Work {
    preprocessing: Preprocessing,
    transforms: Vec<Transform>,
    batch_size: usize,
    shuffle: bool,
    seed: u64,
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
            },
            threads: (cores / 2).clamp(1, 8),
            ahead: 1,
            device: Device::default(),
            next: Arc::default(),
            times: Arc::default(),
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

    /// The epoch to come; the next call gives the one after it.
    fn next_epoch(&self) -> Position {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let after = Position {
            epoch: next.epoch + 1,
            batch: 0,
        };
        std::mem::replace(&mut *next, after)
    }

    /// The same, counting its epochs by itself from here on.
    fn apart(&self) -> Self {
        let next = *self.next.lock().unwrap_or_else(PoisonError::into_inner);
        self.clone().starting_at(next)
    }
}

impl DataLoader<Batch> for Loader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<Batch> + 'a> {
        let Position { epoch, batch } = self.next_epoch();
        let epoch = Epoch::new(self.source.clone(), self.work.clone(), epoch);
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
        Arc::new(Self {
            source: Arc::new(Subset::new(self.source.clone(), indices)),
            ..self.apart()
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
mod tests {
    use super::*;
    use crate::data::batch::Targets;
    use crate::data::made::Made;
    use crate::data::normalization::Normalization;
    use crate::data::preprocessing::Resizing;
    use std::sync::atomic::Ordering;

    fn loader(source: impl Source + 'static) -> Loader {
        let preprocessing = Preprocessing {
            channels: 1,
            size: Some([5, 5]),
            resizing: Resizing::Stretch,
            normalization: Normalization::Image,
        };
        Loader::new(Arc::new(source), preprocessing, 4).with_device(Device::flex())
    }

    fn training(source: impl Source + 'static) -> Loader {
        let transforms = vec![
            Transform::Crop { size: 4 },
            Transform::Shift { pixels: 1 },
            Transform::FlipHorizontal,
            Transform::FlipVertical,
            Transform::Transpose,
        ];
        loader(source).for_training(transforms, 7)
    }

    /// An epoch's indices, bits and classes, batch by batch.
    fn epoch(loader: &Loader) -> Vec<(Vec<usize>, Vec<u32>, Vec<i64>)> {
        let bits = |batch: Result<Batch, DatasetError>| {
            let batch = batch.expect("reads");
            let pixels = batch.images.try_into_vec_as::<f32>().expect("f32");
            let Targets::Classes(classes) = batch.targets else {
                panic!("a class each");
            };
            let classes = classes.try_into_vec_as::<i64>();
            (
                batch.indices,
                pixels.into_iter().map(f32::to_bits).collect(),
                classes.expect("i64"),
            )
        };
        loader.iter().map(bits).collect()
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let run = |threads, ahead| {
            let loader = training(Made::new(21))
                .with_threads(threads)
                .with_ahead(ahead);
            [epoch(&loader), epoch(&loader), epoch(&loader)]
        };
        let expected = run(0, 1);
        assert_eq!(expected[0].len(), 6);
        for (threads, ahead) in [(1, 0), (1, 1), (2, 1), (2, 3), (3, 0), (16, 1)] {
            assert_eq!(
                run(threads, ahead),
                expected,
                "{threads} threads, {ahead} ahead"
            );
        }
    }

    #[test]
    fn every_item_comes_once_an_epoch_with_its_own_answer_in_a_new_order() {
        let loader = training(Made::new(21));
        let orders = [epoch(&loader), epoch(&loader)].map(|epoch| {
            let indices: Vec<usize> = epoch.iter().flat_map(|batch| batch.0.clone()).collect();
            let classes = epoch.iter().flat_map(|batch| &batch.2);
            assert!(
                indices
                    .iter()
                    .zip(classes)
                    .all(|(&index, &class)| index as i64 == class)
            );
            let mut sorted = indices.clone();
            sorted.sort();
            assert_eq!(sorted, (0..21).collect::<Vec<_>>());
            indices
        });
        assert_ne!(orders[0], orders[1]);
    }

    #[test]
    fn images_as_they_are_come_in_their_order_every_epoch() {
        let loader = loader(Made::new(6));
        let first = epoch(&loader);
        assert_eq!(first[1].0, [4, 5]);
        assert_eq!(epoch(&loader), first);
    }

    #[test]
    fn another_seed_gives_another_run() {
        let run = |seed| epoch(&training(Made::new(21)).for_training(vec![], seed));
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn an_epoch_may_be_started_in_its_middle() {
        let whole = training(Made::new(21));
        let epochs = [epoch(&whole), epoch(&whole), epoch(&whole)];
        for threads in [0, 2] {
            let position = Position { epoch: 1, batch: 4 };
            let later = training(Made::new(21))
                .with_threads(threads)
                .starting_at(position);
            assert_eq!(later.iter().progress().items_processed, 16);
            let later = later.starting_at(position);
            assert_eq!(epoch(&later), epochs[1][4..]);
            assert_eq!(epoch(&later), epochs[2]);
        }
    }

    #[test]
    fn progress_counts_items() {
        let loader = loader(Made::new(6));
        let mut batches = loader.iter();
        let mut seen = vec![batches.progress().items_processed];
        while batches.next().is_some() {
            seen.push(batches.progress().items_processed);
        }
        assert_eq!(seen, [0, 4, 6]);
        assert!(batches.progress().is_completed());
    }

    #[test]
    fn an_item_that_cannot_be_read_ends_the_epoch_with_its_name() {
        for threads in [0, 1, 2, 3] {
            let mut source = Made::new(40);
            source.broken = Some(13);
            let loader = loader(source).with_threads(threads);
            let mut batches = loader.iter();
            for _ in 0..3 {
                assert!(batches.next().expect("a batch").is_ok());
            }
            let error = batches.next().expect("an error").expect_err("broken");
            assert_eq!(error.to_string(), "the image 'item 13' cannot be decoded");
            assert!(batches.next().is_none());
            assert!(batches.next().is_none());
        }
    }

    #[test]
    fn a_decoder_that_panics_is_an_error() {
        for threads in [0, 2] {
            let mut source = Made::new(8);
            source.panics = Some(5);
            let loader = loader(source).with_threads(threads);
            let mut batches = loader.iter();
            assert!(batches.next().expect("a batch").is_ok());
            let error = batches.next().expect("an error").expect_err("broken");
            assert_eq!(
                error.to_string(),
                "'item 5' cannot be read: a decoder's own fault"
            );
            assert!(batches.next().is_none());
        }
    }

    #[test]
    fn threads_end_with_the_iterator() {
        let source = Made::new(4000);
        let reads = source.reads.clone();
        let loader = loader(source).with_threads(3);
        let mut batches = loader.iter();
        assert!(batches.next().expect("a batch").is_ok());
        let held = Arc::strong_count(&loader.source);
        assert!(held > 1);
        drop(batches);
        assert_eq!(Arc::strong_count(&loader.source), 1);
        let after = reads.load(Ordering::Relaxed);
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert_eq!(reads.load(Ordering::Relaxed), after);
    }

    #[test]
    fn threads_read_no_further_ahead_than_they_may() {
        let source = Made::new(4000);
        let reads = source.reads.clone();
        let loader = loader(source).with_threads(2).with_ahead(3);
        let mut batches = loader.iter();
        assert!(batches.next().expect("a batch").is_ok());
        std::thread::sleep(std::time::Duration::from_millis(50));
        // Each thread: three finished batches and one in hand; and the batch that was taken.
        assert!(reads.load(Ordering::Relaxed) <= 4 * (2 * (3 + 1) + 1));
    }

    #[test]
    fn a_slice_is_a_part_and_counts_its_own_epochs() {
        let whole = training(Made::new(21));
        let part = whole.slice(5, 13);
        assert_eq!(part.num_items(), 8);
        let classes = part
            .iter()
            .map(|batch| match batch.expect("reads").targets {
                Targets::Classes(classes) => classes.try_into_vec_as::<i64>(),
                _ => panic!("a class each"),
            });
        let mut classes: Vec<i64> = classes.flat_map(|c| c.expect("i64")).collect();
        classes.sort();
        assert_eq!(classes, (5..13).collect::<Vec<_>>());
        assert_eq!(whole.next_epoch(), Position::default());
    }

    #[test]
    fn what_was_read_is_counted() {
        let loader = loader(Made::new(9)).with_threads(1);
        epoch(&loader);
        let timing = loader.timing();
        assert_eq!(timing.items, 9);
        assert!(timing.reading > std::time::Duration::ZERO);
    }

    #[test]
    fn an_empty_source_has_no_batches() {
        assert!(loader(Made::new(0)).iter().next().is_none());
    }
}
