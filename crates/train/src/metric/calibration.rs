//! Whether the network is as often right as it says.

use serde::{Deserialize, Serialize};

use super::seen::Image;
use super::tally::{Mean, Tally};

/// How many parts the probabilities from 0 to 1 are cut into.
const BINS: usize = 15;

/// Images, or pixels, by the probability of their likeliest class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Calibration {
    /// The probability, and how often it was right.
    bins: Vec<[Mean; 2]>,
}

impl Tally for Calibration {
    const SCORES: bool = true;

    fn of(image: &Image<'_>) -> Self {
        let mut bins = vec![[Mean::default(); 2]; BINS];
        for (truth, scores) in image.pixels() {
            let first = |best: usize, class: usize| match scores[class] > scores[best] {
                true => class,
                false => best,
            };
            let likeliest = (1..scores.len()).fold(0, first);
            let probability = f64::from(scores[likeliest]);
            let bin = ((probability * BINS as f64) as usize).min(BINS - 1);
            let [said, right] = &mut bins[bin];
            said.push(probability);
            right.push(f64::from(u8::from(likeliest == truth)));
        }
        Self { bins }
    }

    fn add(&mut self, other: &Self, times: u64) {
        let most = self.bins.len().max(other.bins.len());
        self.bins.resize_with(most, Default::default);
        for ([said, right], [other_said, other_right]) in self.bins.iter_mut().zip(&other.bins) {
            said.add(other_said, times);
            right.add(other_right, times);
        }
    }
}

impl Calibration {
    pub fn error(&self) -> f64 {
        let apart = |[said, right]: &[Mean; 2]| (said.sum - right.sum).abs();
        let all: u64 = self.bins.iter().map(|[said, _]| said.count).sum();
        self.bins.iter().map(apart).sum::<f64>() / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_how_much_surer_it_is_than_right() {
        // Sure at 0.75 four times, right three times; sure at 1 once, and wrong.
        let mut sum = Calibration::default();
        for (truth, scores) in [
            (0, [0.75, 0.25]),
            (0, [0.75, 0.25]),
            (1, [0.25, 0.75]),
            (1, [0.75, 0.25]),
            (1, [1.0, 0.0]),
        ] {
            let truth = [truth];
            let mut image = Image::of_classes(2, &[0], &truth);
            image.scores = &scores;
            sum.add(&Calibration::of(&image), 1);
        }
        assert_eq!(sum.error(), 0.2);
    }
}
