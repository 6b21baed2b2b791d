//! Threads that make batches before they are asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use anyhow::{Result, anyhow};

use super::epoch::Epoch;
use super::timing::Times;
use crate::data::batch::Stack;

/// The batches of an epoch, in order.
///
/// Thread `t` of `n` makes the batches `t`, `t + n`, .., and puts them into a channel of its own.
/// The caller takes from the channels in turn: so batches come in order, and a full channel makes
/// its thread wait.
pub(super) struct Prefetch {
    epoch: Arc<Epoch>,
    next: usize,
    taken: usize,
    lanes: Vec<Lane>,
    stop: Arc<AtomicBool>,
    times: Arc<Times>,
}

struct Lane {
    batches: Receiver<Result<Option<Stack>>>,
    thread: JoinHandle<()>,
}

impl Prefetch {
    /// Starts at batch `first`. `ahead`: how many batches wait in a channel at most.
    pub fn start(
        epoch: Epoch,
        first: usize,
        threads: usize,
        ahead: usize,
        times: Arc<Times>,
    ) -> Self {
        let epoch = Arc::new(epoch);
        let stop = Arc::new(AtomicBool::new(false));
        let threads = threads.min(epoch.batches().saturating_sub(first));
        let lane = |number: usize| {
            let (sender, batches) = sync_channel(ahead);
            let worker = Worker {
                epoch: epoch.clone(),
                batches: (first + number..epoch.batches()).step_by(threads),
                sender,
                stop: stop.clone(),
                times: times.clone(),
            };
            let name = format!("loader {number}");
            let thread = Builder::new().name(name).spawn(move || worker.run()).ok()?;
            Some(Lane { batches, thread })
        };
        // A system that gives no more threads leaves the reading to the caller.
        let lanes: Option<Vec<_>> = (0..threads).map(lane).collect();
        Self {
            next: first,
            taken: 0,
            lanes: lanes.unwrap_or_default(),
            epoch,
            stop,
            times,
        }
    }

    /// The next batch; none after the last, and after an error. Batches of which all was left out
    /// are passed over.
    pub fn next(&mut self) -> Option<Result<Stack>> {
        loop {
            if let Some(batch) = self.next_or_empty()?.transpose() {
                return Some(batch);
            }
        }
    }

    fn next_or_empty(&mut self) -> Option<Result<Option<Stack>>> {
        if self.next >= self.epoch.batches() {
            return None;
        }
        let since = Instant::now();
        let batch = match self.lanes.len() {
            0 => {
                let batch = self.epoch.batch(self.next, || false)?;
                self.times.add_reading(self.epoch.items(self.next), since);
                batch
            }
            lanes => {
                let batch = self.lanes[self.taken % lanes].batches.recv();
                batch.unwrap_or_else(|_| Err(anyhow!("a thread that reads images has ended")))
            }
        };
        self.times.add_waiting(since);
        self.taken += 1;
        self.next = match batch {
            Ok(_) => self.next + 1,
            Err(_) => self.epoch.batches(),
        };
        Some(batch)
    }
}

impl Drop for Prefetch {
    /// Waits until the threads have ended: each after the item that it reads.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for Lane { batches, thread } in self.lanes.drain(..) {
            drop(batches);
            // A thread that panicked has already been told of as an error.
            thread.join().ok();
        }
    }
}

/// What a thread does.
struct Worker<B> {
    epoch: Arc<Epoch>,
    batches: B,
    sender: SyncSender<Result<Option<Stack>>>,
    stop: Arc<AtomicBool>,
    times: Arc<Times>,
}

impl<B: Iterator<Item = usize>> Worker<B> {
    /// Makes its batches until they, or the caller, are at an end.
    fn run(self) {
        for number in self.batches {
            let since = Instant::now();
            let stopped = || self.stop.load(Ordering::Relaxed);
            let Some(batch) = self.epoch.batch(number, stopped) else {
                return;
            };
            self.times.add_reading(self.epoch.items(number), since);
            let failed = batch.is_err();
            if self.sender.send(batch).is_err() || failed {
                return;
            }
        }
    }
}
