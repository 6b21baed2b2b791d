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
    /// The time in which the caller waited for a batch.
    pub waiting: Duration,
}

/// The same, as it goes on.
#[derive(Default)]
pub(super) struct Times {
    items: AtomicU64,
    reading: AtomicU64,
    waiting: AtomicU64,
}

impl Times {
    pub fn add_reading(&self, items: usize, since: Instant) {
        self.items.fetch_add(items as u64, Ordering::Relaxed);
        self.reading
            .fetch_add(nanoseconds(since), Ordering::Relaxed);
    }

    pub fn add_waiting(&self, since: Instant) {
        self.waiting
            .fetch_add(nanoseconds(since), Ordering::Relaxed);
    }

    pub fn so_far(&self) -> Timing {
        let duration = |time: &AtomicU64| Duration::from_nanos(time.load(Ordering::Relaxed));
        Timing {
            items: self.items.load(Ordering::Relaxed) as usize,
            reading: duration(&self.reading),
            waiting: duration(&self.waiting),
        }
    }
}

fn nanoseconds(since: Instant) -> u64 {
    since.elapsed().as_nanos() as u64
}
