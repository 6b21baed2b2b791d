//! Which class was taken for which.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::seen::Image;
use super::tally::{Mean, Tally};

/// How many images, or pixels, of a class were taken for a class. Ignored labels do not count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Confusion {
    /// By [`cell`]; few of a thousand classes meet in an image.
    cells: BTreeMap<u64, u64>,
}

/// How many pixels of a class were found, and how many there are in the truth and in the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Found {
    pub both: u64,
    pub truth: u64,
    pub predicted: u64,
}

/// The number of a cell.
fn cell(truth: u32, predicted: u32) -> u64 {
    u64::from(truth) << 32 | u64::from(predicted)
}

impl Tally for Confusion {
    fn of(image: &Image<'_>) -> Self {
        let mut cells = BTreeMap::new();
        // Neighbours are mostly alike: a run of them is counted at once.
        let mut run = (0, 0);
        let pairs = image.classes.predicted.iter().zip(image.classes.truth);
        for (&predicted, &truth) in pairs.filter(|(_, truth)| **truth >= 0) {
            let cell = cell(truth as u32, predicted as u32);
            if cell != run.0 && run.1 > 0 {
                *cells.entry(run.0).or_default() += run.1;
                run.1 = 0;
            }
            run = (cell, run.1 + 1);
        }
        if run.1 > 0 {
            *cells.entry(run.0).or_default() += run.1;
        }
        Self { cells }
    }

    fn add(&mut self, other: &Self, times: u64) {
        for (&cell, count) in &other.cells {
            *self.cells.entry(cell).or_default() += count * times;
        }
    }
}

impl Confusion {
    /// The true class, the predicted one, and how often, where it is not never.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize, u64)> + '_ {
        let cells = self.cells.iter();
        cells.map(|(&cell, &count)| ((cell >> 32) as usize, cell as u32 as usize, count))
    }

    /// Of a class.
    pub(super) fn found(&self, class: usize) -> Found {
        let mut found = Found::default();
        for (truth, predicted, count) in self.cells() {
            let add = |is: bool| if is { count } else { 0 };
            found.truth += add(truth == class);
            found.predicted += add(predicted == class);
            found.both += add(truth == class && predicted == class);
        }
        found
    }

    /// The classes that are true or predicted somewhere.
    fn classes(&self) -> BTreeSet<usize> {
        let classes = self
            .cells()
            .flat_map(|(truth, predicted, _)| [truth, predicted]);
        classes.collect()
    }

    pub fn accuracy(&self) -> f64 {
        let (mut right, mut all) = (0, 0);
        for (truth, predicted, count) in self.cells() {
            all += count;
            right += if truth == predicted { count } else { 0 };
        }
        right as f64 / all as f64
    }

    pub fn balanced_accuracy(&self) -> f64 {
        let recalls = self.classes().into_iter().map(|class| self.recall(class));
        recalls
            .filter(|recall| !recall.is_nan())
            .collect::<Mean>()
            .value()
    }

    pub fn precision(&self, class: usize) -> f64 {
        let found = self.found(class);
        found.both as f64 / found.predicted as f64
    }

    pub fn recall(&self, class: usize) -> f64 {
        let found = self.found(class);
        found.both as f64 / found.truth as f64
    }

    pub fn iou(&self, class: usize) -> f64 {
        self.found(class).iou().unwrap_or(f64::NAN)
    }

    /// The F1 score is the same.
    pub fn dice(&self, class: usize) -> f64 {
        self.found(class).dice().unwrap_or(f64::NAN)
    }

    pub fn mean_f1(&self) -> f64 {
        let classes = self.classes().into_iter();
        classes
            .map(|class| self.dice(class))
            .collect::<Mean>()
            .value()
    }

    pub fn pooled_iou(&self) -> f64 {
        let foreground = self.classes().into_iter().filter(|&class| class > 0);
        foreground
            .map(|class| self.iou(class))
            .collect::<Mean>()
            .value()
    }

    pub fn pooled_dice(&self) -> f64 {
        let foreground = self.classes().into_iter().filter(|&class| class > 0);
        foreground
            .map(|class| self.dice(class))
            .collect::<Mean>()
            .value()
    }
}

impl Found {
    /// `|P & T| / |P | T|`; none where both are empty.
    pub fn iou(&self) -> Option<f64> {
        let union = self.truth + self.predicted - self.both;
        (union > 0).then(|| self.both as f64 / union as f64)
    }

    /// `2 |P & T| / (|P| + |T|)`; none where both are empty.
    pub fn dice(&self) -> Option<f64> {
        let sum = self.truth + self.predicted;
        (sum > 0).then(|| 2.0 * self.both as f64 / sum as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_labels_do_not_count() {
        let confusion = Confusion::of(&Image::of_classes(3, &[0, 1, 2, 0], &[0, 1, 1, -1]));
        assert_eq!(confusion.accuracy(), 2.0 / 3.0);
        let cells: Vec<_> = confusion.cells().collect();
        assert_eq!(cells, [(0, 0, 1), (1, 1, 1), (1, 2, 1)]);
    }

    #[test]
    fn a_class_that_is_nowhere_has_no_value() {
        let confusion = Confusion::of(&Image::of_classes(3, &[0, 1, 1], &[0, 1, 0]));
        assert_eq!(confusion.balanced_accuracy(), 0.75);
        assert_eq!(confusion.pooled_iou(), 0.5);
        for of in [
            Confusion::iou,
            Confusion::dice,
            Confusion::precision,
            Confusion::recall,
        ] {
            assert!(of(&confusion, 2).is_nan());
        }
    }
}
