//! Which class was taken for which.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::seen::Image;
use super::tally::Tally;

/// How many images, or pixels, of a class were taken for a class. Ignored labels do not count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Confusion {
    /// By [`cell`]; few of a thousand classes meet in an image.
    cells: BTreeMap<u64, u64>,
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
        let parts = |cell: u64| ((cell >> 32) as usize, cell as u32 as usize);
        self.cells.iter().map(move |(&cell, &count)| {
            let (truth, predicted) = parts(cell);
            (truth, predicted, count)
        })
    }

    pub fn accuracy(&self) -> f64 {
        let (mut right, mut all) = (0, 0);
        for (truth, predicted, count) in self.cells() {
            all += count;
            right += if truth == predicted { count } else { 0 };
        }
        right as f64 / all as f64
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
}
