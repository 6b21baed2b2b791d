//! How far a run has come, as far as it is not in the weights.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::exact;
use crate::metric::Metrics;
use crate::recipe::{Moment, Run};

/// What a checkpoint says of the run.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Progress {
    /// The recipe that the run has followed.
    pub recipe: Value,
    /// Epochs that were trained to their end and validated.
    pub epochs: usize,
    /// Batches of the epoch that goes on that are done.
    pub batches: usize,
    /// What they came to.
    pub seen: Metrics,
    /// Steps of all epochs.
    pub steps: usize,
    /// Training images that were seen, in all epochs.
    pub images: usize,
    /// How long the epochs took, with their validation.
    pub spent: Duration,
    /// How long the last validation took.
    pub validation: Duration,
    /// The best epoch; none before the first.
    pub best: Option<Best>,
    /// The loss of the first batch; not a number before it.
    #[serde(with = "exact")]
    pub first_loss: f64,
    /// How many times the run went back, each time to half the learning rate.
    pub rewinds: i32,
    /// Steps that were left out, since their loss or gradient was not a number or exploded.
    pub skipped: usize,
}

/// The best epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// Counted from 1.
    pub epoch: usize,
    /// What it was chosen by, over the validation images.
    #[serde(with = "exact")]
    pub value: f64,
}

impl Progress {
    /// Before the first step.
    pub fn new(recipe: Value, seen: Metrics) -> Self {
        Self {
            recipe,
            epochs: 0,
            batches: 0,
            seen,
            steps: 0,
            images: 0,
            spent: Duration::ZERO,
            validation: Duration::ZERO,
            best: None,
            first_loss: f64::NAN,
            rewinds: 0,
            skipped: 0,
        }
    }

    /// What the learning rate is multiplied by.
    pub fn rate(&self) -> f64 {
        0.5_f64.powi(self.rewinds)
    }

    /// The time that there is for training; none where epochs are counted. What the last validation
    /// took is kept for the next.
    fn budget(&self, run: &Run) -> Option<Duration> {
        let minutes = run.minutes?;
        let all = Duration::from_secs_f64(60.0 * minutes);
        Some(all.saturating_sub(self.validation))
    }

    /// Where the run is, for its schedule, when it has lasted so long.
    pub fn moment(&self, run: &Run, steps_of_an_epoch: usize, lasted: Duration) -> Moment {
        let epoch = steps_of_an_epoch as f64;
        let Some(budget) = self.budget(run) else {
            return Moment {
                done: self.steps as f64,
                all: epoch * run.epochs as f64,
                epoch,
            };
        };
        let done = lasted.as_secs_f64();
        let epochs = self.steps as f64 / epoch;
        Moment {
            done,
            all: budget.as_secs_f64(),
            // Before there is a step, any.
            epoch: if epochs > 0.0 { done / epochs } else { 1.0 },
        }
    }

    /// Whether the time for training is over.
    pub fn is_late(&self, run: &Run, lasted: Duration) -> bool {
        self.budget(run).is_some_and(|budget| lasted >= budget)
    }

    /// Whether all epochs are done, or as many as make sense.
    pub fn is_done(&self, run: &Run) -> bool {
        let all = match run.minutes {
            None => self.epochs >= run.epochs,
            Some(_) => self.epochs > 0 && self.is_late(run, self.spent),
        };
        all || self.has_no_hope(run)
    }

    /// Whether nothing has become better for as many epochs as there is patience for.
    pub fn has_no_hope(&self, run: &Run) -> bool {
        let best = self.best.map_or(0, |best| best.epoch);
        run.patience
            .is_some_and(|patience| self.epochs >= best + patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Recipe;
    use serde_json::json;

    #[test]
    fn patience_ends_after_so_many_epochs_without_a_better_one() {
        let recipe = Recipe::with(json!({"run": {"epochs": 9, "patience": 2}})).expect("whole");
        let mut progress = Progress::new(Value::Null, Metrics::new(&[]).expect("none"));
        let mut is_done = |epochs, best: Option<usize>| {
            progress.epochs = epochs;
            progress.best = best.map(|epoch| Best { epoch, value: 0.5 });
            progress.is_done(&recipe.run)
        };
        assert!(!is_done(3, Some(3)));
        assert!(!is_done(4, Some(3)));
        assert!(is_done(5, Some(3)));
        assert!(!is_done(5, Some(4)));
        assert!(is_done(2, None));
        assert!(is_done(9, Some(9)));
    }
}
