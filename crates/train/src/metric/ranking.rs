//! How well a class's probability parts its images from the others.

use serde::{Deserialize, Serialize};

use super::seen::Image;
use super::tally::{Mean, Tally};

/// The probabilities of all images.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Ranking {
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    truth: usize,
    /// As the bits that they have: they are above 0, so that these are in the same order.
    scores: Vec<u32>,
    times: u64,
}

impl Tally for Ranking {
    const SCORES: bool = true;

    fn of(image: &Image<'_>) -> Self {
        let rows = image.pixels().map(|(truth, scores)| Row {
            truth,
            scores: scores.into_iter().map(f32::to_bits).collect(),
            times: 1,
        });
        Self {
            rows: rows.collect(),
        }
    }

    fn add(&mut self, other: &Self, times: u64) {
        self.rows.extend(other.rows.iter().map(|row| Row {
            times: row.times * times,
            ..row.clone()
        }));
    }
}

impl Ranking {
    /// The probability that an image of the class has a higher score than another, a tie counting
    /// half: the area under the curve of Mann and Whitney.
    pub fn auroc(&self, class: usize) -> f64 {
        let mut rows: Vec<_> = self
            .rows
            .iter()
            .filter_map(|row| Some((*row.scores.get(class)?, row.truth == class, row.times)))
            .collect();
        rows.sort_unstable_by_key(|(score, ..)| *score);
        let (mut below, mut wins) = (0_u64, 0.0);
        let (mut is, mut is_not) = (0, 0);
        for ties in rows.chunk_by(|a, b| a.0 == b.0) {
            let count = |of: bool| -> u64 {
                let ties = ties.iter().filter(|(_, is, _)| *is == of);
                ties.map(|(.., times)| times).sum()
            };
            let (own, others) = (count(true), count(false));
            wins += own as f64 * (below as f64 + others as f64 / 2.0);
            below += others;
            is += own;
            is_not += others;
        }
        wins / (is as f64 * is_not as f64)
    }

    pub fn mean_auroc(&self) -> f64 {
        let classes = self.rows.first().map_or(0, |row| row.scores.len());
        let areas = (0..classes).map(|class| self.auroc(class));
        areas
            .filter(|area| !area.is_nan())
            .collect::<Mean>()
            .value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tie_counts_half() {
        let mut sum = Ranking::default();
        for (truth, score) in [(0, 0.25), (1, 0.25), (0, 0.5), (1, 0.75)] {
            let (truth, scores) = ([truth], [1.0 - score, score]);
            let mut image = Image::of_classes(2, &[0], &truth);
            image.scores = &scores;
            sum.add(&Ranking::of(&image), 1);
        }
        // Of four pairs: half of one, none, one, one.
        assert_eq!([0, 1].map(|class| sum.auroc(class)), [0.625, 0.625]);
        assert!(sum.auroc(2).is_nan());
        let once = sum.clone();
        sum.add(&once, 3);
        assert_eq!(sum.mean_auroc(), 0.625);
    }
}
