//! Which epochs' checkpoints are kept: the best by validation, and the last.

use std::sync::{Arc, Mutex};

use burn::train::checkpoint::{CheckpointingAction, CheckpointingStrategy};
use burn::train::metric::store::{Aggregate, EventStoreClient, Split};
use burn::train::metric::{LossMetric, Metric};

/// The best epoch so far. A clone shares it.
#[derive(Clone, Default)]
pub struct BestEpoch(Arc<Mutex<Option<(usize, f64)>>>);

impl BestEpoch {
    /// The epoch with the lowest validation loss; none before the first, or if none was finite.
    pub fn get(&self) -> Option<usize> {
        self.lock().map(|(epoch, _)| epoch)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(usize, f64)>> {
        self.0.lock().unwrap_or_else(|error| error.into_inner())
    }
}

/// Keeps the checkpoints of the epoch with the lowest validation loss and of the last epoch.
pub struct BestAndLast {
    best: BestEpoch,
    last: Option<usize>,
}

impl BestAndLast {
    /// Tells `best` which epoch is.
    pub fn new(best: BestEpoch) -> Self {
        Self { best, last: None }
    }
}

impl CheckpointingStrategy for BestAndLast {
    fn checkpointing(
        &mut self,
        epoch: usize,
        store: &EventStoreClient,
    ) -> Vec<CheckpointingAction> {
        let loss = LossMetric::new().name();
        let loss = store.find_metric(&loss, epoch, Aggregate::Mean, &Split::Valid);
        let mut best = self.best.lock();
        let previous_best = best.map(|(epoch, _)| epoch);
        if let Some(loss) = loss.filter(|loss| loss.is_finite())
            && best.is_none_or(|(_, lowest)| loss < lowest)
        {
            *best = Some((epoch, loss));
        }
        let kept = [Some(epoch), best.map(|(epoch, _)| epoch)];
        let mut dropped = vec![self.last.replace(epoch), previous_best];
        dropped.dedup();
        let deletions = dropped
            .into_iter()
            .filter(|epoch| !kept.contains(epoch))
            .flatten()
            .map(CheckpointingAction::Delete);
        std::iter::once(CheckpointingAction::Save)
            .chain(deletions)
            .collect()
    }
}
