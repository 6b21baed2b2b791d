//! How far values are from the truth.

use super::seen::{Metric, Pair, Seen};

/// The mean of `|x - t|` over all values.
#[derive(Default)]
pub(super) struct MeanAbsoluteError(Mean);

/// The square root of the mean of `(x - t)^2` over all values.
#[derive(Default)]
pub(super) struct RootMeanSquareError(Mean);

#[derive(Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, values: &Pair<f32>, of: impl Fn(f64) -> f64) {
        for (predicted, truth) in values.predicted.iter().zip(&values.truth) {
            self.sum += of(f64::from(*predicted) - f64::from(*truth));
            self.count += 1;
        }
    }

    fn value(&self) -> f64 {
        self.sum / self.count as f64
    }
}

impl Metric for MeanAbsoluteError {
    fn update(&mut self, seen: &Seen) {
        self.0.add(&seen.values, f64::abs);
    }

    fn value(&self) -> f64 {
        self.0.value()
    }
}

impl Metric for RootMeanSquareError {
    fn update(&mut self, seen: &Seen) {
        self.0.add(&seen.values, |error| error * error);
    }

    fn value(&self) -> f64 {
        self.0.value().sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_averaged_over_all_batches() {
        let (mut mae, mut rmse) = (MeanAbsoluteError::default(), RootMeanSquareError::default());
        for (predicted, truth) in [(vec![1.0, 2.0], vec![2.0, 5.0]), (vec![0.0], vec![2.0])] {
            let seen = Seen {
                dims: [1, 1, 1, predicted.len()],
                loss: 0.0,
                classes: Pair::default(),
                values: Pair { predicted, truth },
            };
            mae.update(&seen);
            rmse.update(&seen);
        }
        assert_eq!(mae.value(), 2.0);
        assert_eq!(rmse.value(), (14.0_f64 / 3.0).sqrt());
    }
}
