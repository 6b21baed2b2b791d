//! Whether the true class is among the likeliest.

use serde::{Deserialize, Serialize};

use super::seen::Image;
use super::tally::{Mean, Tally};

/// The part of the images, or pixels, whose true class has less than five likelier ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct TopFive {
    hits: Mean,
}

impl Tally for TopFive {
    const SCORES: bool = true;

    fn of(image: &Image<'_>) -> Self {
        let hits = image.pixels().map(|(truth, scores)| {
            let likelier = scores.iter().filter(|score| **score > scores[truth]);
            f64::from(u8::from(likelier.count() < 5))
        });
        Self {
            hits: hits.collect(),
        }
    }

    fn add(&mut self, other: &Self, times: u64) {
        self.hits.add(&other.hits, times);
    }
}

impl TopFive {
    pub fn accuracy(&self) -> f64 {
        self.hits.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_is_a_hit_and_the_sixth_is_none() {
        let scores = [0.3, 0.2, 0.15, 0.13, 0.12, 0.1];
        for (truth, hit) in [(0, 1.0), (4, 1.0), (5, 0.0)] {
            let truth = [truth];
            let mut image = Image::of_classes(6, &[0], &truth);
            image.scores = &scores;
            assert_eq!(TopFive::of(&image).accuracy(), hit);
        }
    }
}
