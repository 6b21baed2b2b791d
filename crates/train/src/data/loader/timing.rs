//! How long reading and waiting take.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long reading and waiting took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// How many items were read.
    pub items: usize,
    /// The time in which they were read, transformed and normalised, of all threads together.
    pub reading: Duration,
    /// That part of it in which they were read and brought to their size; the rest is transforms
    /// and normalisation.
    pub decoding: Duration,
    /// The time in which the caller waited for a batch.
    pub waiting: Duration,
    /// How many batches the caller took.
    pub batches: usize,
}

impl Timing {
    /// What came after another one was taken.
    pub fn since(self, before: Self) -> Self {
        Self {
            items: self.items - before.items,
            reading: self.reading.saturating_sub(before.reading),
            decoding: self.decoding.saturating_sub(before.decoding),
            waiting: self.waiting.saturating_sub(before.waiting),
            batches: self.batches - before.batches,
        }
    }

    /// The time in which items were transformed and normalised.
    pub fn augmenting(self) -> Duration {
        self.reading.saturating_sub(self.decoding)
    }
}

/// The same, as it goes on.
#[derive(Default)]
pub(super) struct Times {
    items: AtomicU64,
    reading: AtomicU64,
    decoding: AtomicU64,
    waiting: AtomicU64,
    batches: AtomicU64,
}

impl Times {
    pub fn add_reading(&self, items: usize, since: Instant) {
        self.items.fetch_add(items as u64, Ordering::Relaxed);
        self.reading
            .fetch_add(nanoseconds(since), Ordering::Relaxed);
    }

    pub fn add_decoding(&self, since: Instant) {
        self.decoding
            .fetch_add(nanoseconds(since), Ordering::Relaxed);
    }

    pub fn add_waiting(&self, since: Instant) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.waiting
            .fetch_add(nanoseconds(since), Ordering::Relaxed);
    }

    pub fn so_far(&self) -> Timing {
        let duration = |time: &AtomicU64| Duration::from_nanos(time.load(Ordering::Relaxed));
        Timing {
            items: self.items.load(Ordering::Relaxed) as usize,
            reading: duration(&self.reading),
            decoding: duration(&self.decoding),
            waiting: duration(&self.waiting),
            batches: self.batches.load(Ordering::Relaxed) as usize,
        }
    }
}

fn nanoseconds(since: Instant) -> u64 {
    since.elapsed().as_nanos() as u64
}
