//! Accuracy.

use super::seen::{Metric, Seen};

/// The part of the images, or pixels, whose likeliest class is the true one, 0 to 1. Ignored labels
/// do not count.
#[derive(Default)]
pub(super) struct Accuracy {
    right: usize,
    counted: usize,
}

impl Metric for Accuracy {
    fn update(&mut self, seen: &Seen) {
        let pairs = seen.classes.predicted.iter().zip(&seen.classes.truth);
        for (predicted, truth) in pairs.filter(|(_, truth)| **truth >= 0) {
            self.counted += 1;
            self.right += usize::from(predicted == truth);
        }
    }

    fn value(&self) -> f64 {
        self.right as f64 / self.counted as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::seen::Pair;
    use super::*;

    #[test]
    fn ignored_labels_do_not_count() {
        let mut accuracy = Accuracy::default();
        accuracy.update(&Seen {
            dims: [1, 3, 1, 4],
            loss: 0.0,
            classes: Pair {
                predicted: vec![0, 1, 2, 0],
                truth: vec![0, 1, 1, -1],
            },
            values: Pair::default(),
        });
        assert_eq!(accuracy.value(), 2.0 / 3.0);
    }
}
