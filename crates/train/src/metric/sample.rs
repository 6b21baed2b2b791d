//! Metrics of a sample of images, and how far they can be trusted.

use std::collections::BTreeMap;

use anyhow::Result;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::Metrics;
use super::confusion::Confusion;
use super::list::Tallies;
use super::percentile::percentile;
use super::values::Values;
use crate::outcome::Outcome;

/// How often the images are drawn again.
const DRAWS: usize = 1000;
/// Between which parts of the draws an interval lies.
const PARTS: [f64; 2] = [0.025, 0.975];

/// Metrics that remember what was kept of each image.
pub(crate) struct Sample {
    metrics: Metrics,
    images: Vec<Tallies>,
}

impl Sample {
    /// None of the images is seen yet.
    pub fn new(metrics: Metrics) -> Self {
        Self {
            metrics,
            images: Vec::new(),
        }
    }

    /// Takes a batch in.
    ///
    /// # Errors
    /// If the device fails.
    pub fn update(&mut self, outcome: Outcome) -> Result<()> {
        let images = &mut self.images;
        self.metrics.take(outcome, |image| images.push(image))
    }

    /// The loss, and each metric, by name.
    pub fn values(&self) -> Values {
        self.metrics.values()
    }

    /// Which class was taken for which, where that was asked for.
    pub fn confusion(&self) -> Option<&Confusion> {
        self.metrics.tallies.confusion.as_ref()
    }

    /// Between what each metric lies in 95 % of 1,000 samples of as many images that are drawn from
    /// these, with replacement: what another test set of the kind would say. The loss, which is of a
    /// batch, has no interval, and neither has what is no number in any of them.
    ///
    /// "An Introduction to the Bootstrap" (Efron and Tibshirani 1993,
    /// <https://doi.org/10.1007/978-1-4899-4541-9>), chapter 13: percentiles.
    pub fn intervals(&self, seed: u64) -> BTreeMap<String, [f64; 2]> {
        let mut random = StdRng::seed_from_u64(seed);
        let mut drawn: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let count = self.images.len();
        let draws = if count == 0 { 0 } else { DRAWS };
        for _ in 0..draws {
            let mut times = vec![0_u64; count];
            for _ in 0..count {
                times[random.random_range(0..count)] += 1;
            }
            let mut tallies = Tallies::wanted(&self.metrics.named);
            for (image, times) in self
                .images
                .iter()
                .zip(times)
                .filter(|(_, times)| *times > 0)
            {
                tallies.add(image, times);
            }
            for (name, value) in self.metrics.read(&tallies) {
                if value.is_finite() {
                    drawn.entry(name).or_default().push(value);
                }
            }
        }
        let interval = |mut values: Vec<f64>| PARTS.map(|part| percentile(&mut values, part));
        let intervals = drawn.into_iter();
        intervals
            .map(|(name, values)| (name, interval(values)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Targets;
    use burn::tensor::{Device, Int, Tensor};

    /// So many images, the first ones right.
    fn sample(right: usize, images: usize) -> Sample {
        let device = Device::flex();
        let metrics = Metrics::new(&["accuracy", "mean_iou"]).expect("metrics");
        let mut sample = Sample::new(metrics);
        for index in 0..images {
            let class = i32::from(index < right);
            let outcome = Outcome {
                loss: Tensor::from_data([1.0], &device),
                answers: Tensor::from_data([[[[0.0]], [[1.0]]]], &device),
                targets: Targets::Classes(Tensor::<3, Int>::full([1, 1, 1], class, &device)),
            };
            sample.update(outcome).expect("reads");
        }
        sample
    }

    #[test]
    fn an_interval_is_that_of_the_binomial_distribution() {
        let sample = sample(80, 100);
        assert_eq!(sample.values().get("accuracy"), Some(0.8));
        let intervals = sample.intervals(1);
        // 0.8 plus and minus 1.96 sqrt(0.8 * 0.2 / 100), which is 0.0784.
        let [low, high] = intervals["accuracy"];
        assert!(
            (low - 0.72).abs() <= 0.011 && (high - 0.88).abs() <= 0.011,
            "{low} to {high}"
        );
        assert!(!intervals.contains_key("loss"));
        assert_eq!(sample.intervals(1), intervals);
        assert!((2..9).any(|seed| sample.intervals(seed) != intervals));
    }

    #[test]
    fn what_all_images_agree_on_is_sure() {
        assert_eq!(sample(7, 7).intervals(1)["accuracy"], [1.0, 1.0]);
        assert!(sample(0, 0).intervals(1).is_empty());
    }
}
