//! A part of a data set, and how to hold a part out.

use std::sync::Arc;

use burn::data::dataset::{Dataset, DatasetError};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::Sample;

/// Samples in memory. A clone shares them.
#[derive(Clone)]
pub struct Samples(Arc<Vec<Sample>>);

impl Samples {
    /// Takes the samples as they come.
    pub fn new(samples: Vec<Sample>) -> Self {
        Self(Arc::new(samples))
    }

    /// The first `count` of them, or all if there are fewer.
    pub fn first(&self, count: usize) -> Self {
        Self::new(self.0.iter().take(count).cloned().collect())
    }

    /// The samples.
    pub fn as_slice(&self) -> &[Sample] {
        &self.0
    }
}

impl Dataset<Sample> for Samples {
    fn get(&self, index: usize) -> Result<Sample, DatasetError> {
        Ok(self.0[index].clone())
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// Draws a part of the samples, at least one, with a seed: `(rest, part)`.
pub(super) fn hold_out(
    mut samples: Vec<Sample>,
    part: f64,
    seed: u64,
) -> (Vec<Sample>, Vec<Sample>) {
    samples.shuffle(&mut StdRng::seed_from_u64(seed));
    let held_out = ((samples.len() as f64 * part) as usize).max(1);
    let part = samples.split_off(samples.len().saturating_sub(held_out));
    (samples, part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holding_out_loses_nothing_and_repeats() {
        let samples: Vec<_> = (0..25)
            .map(|index| Sample {
                name: index.to_string(),
                pixels: vec![],
                target: vec![index],
            })
            .collect();
        let names = |seed| {
            let (rest, part) = hold_out(samples.clone(), 0.1, seed);
            assert_eq!((rest.len(), part.len()), (23, 2));
            let names = rest.iter().chain(&part).map(|s| s.name.clone());
            names.collect::<Vec<_>>()
        };
        assert_eq!(names(1), names(1));
        assert_ne!(names(1), names(2));
        let mut sorted: Vec<usize> = names(1)
            .iter()
            .map(|n| n.parse().expect("a number"))
            .collect();
        sorted.sort();
        assert_eq!(sorted, (0..25).collect::<Vec<_>>());
    }
}
