//! The gradient by the length of the path on which it comes back.

use anyhow::{Context, Result};
use models::{Model, ModelConfig};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use train::TrainStep;
use train::data::Batch;
use train::loss::Loss;

use super::draws::{Place, STAGES};
use super::wounds::path;
use crate::{Lab, Run, first_batch, norm};

/// What the first block is given.
const INPUT: &str = "stem.conv";

/// Images that the gradient is of.
const IMAGES: usize = 32;

/// How much of the gradient comes on paths through none of the blocks, through one, and so on to
/// all.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Paths {
    /// The mean norm of the gradient of one path, by the number of blocks that it goes through.
    pub norms: Vec<f64>,
}

impl Paths {
    /// How many blocks there are.
    pub fn blocks(&self) -> usize {
        self.norms.len() - 1
    }

    /// What part of the gradient's norms comes on the paths of each length: the norm of one, times
    /// how many there are.
    pub fn shares(&self) -> Vec<f64> {
        let counts = binomials(self.blocks());
        let sums = self
            .norms
            .iter()
            .zip(counts)
            .map(|(norm, count)| norm * count);
        parts(sums.collect())
    }

    /// The mean length of a path, weighed by the norm of its gradient.
    pub fn mean_length(&self) -> f64 {
        let weighed = self.shares().into_iter().enumerate();
        weighed.map(|(length, share)| length as f64 * share).sum()
    }

    /// Between which lengths the middle 95 % of the gradient come, and what part of all paths are
    /// so long.
    pub fn middle(&self) -> ([usize; 2], f64) {
        let shares = self.shares();
        let below = |length: usize| shares[..=length].iter().sum::<f64>();
        let first = |part: f64| (0..shares.len()).find(|&length| below(length) > part);
        let [shortest, longest] = [0.025, 0.975].map(|part| first(part).unwrap_or(self.blocks()));
        let paths = parts(binomials(self.blocks()));
        ([shortest, longest], paths[shortest..=longest].iter().sum())
    }
}

/// How many paths go through each number of so many blocks.
pub(super) fn binomials(blocks: usize) -> Vec<f64> {
    let next = |count: &mut f64, length: usize| {
        let now = *count;
        *count *= (blocks - length) as f64 / (length + 1) as f64;
        Some(now)
    };
    (0..=blocks).scan(1.0, next).collect()
}

/// Each as a part of all.
pub(super) fn parts(values: Vec<f64>) -> Vec<f64> {
    let all: f64 = values.iter().sum();
    values.into_iter().map(|value| value / all).collect()
}

/// The paths through a run's network of so many blocks.
pub(super) fn measure(lab: &mut Lab<'_>, run: &Run, blocks: usize) -> Result<Paths> {
    let draws = lab.pick(6, 12);
    lab.kept(("paths", run.id(), blocks, draws, IMAGES), |device| {
        let device = device.clone().autodiff();
        let learned = run.learned(&device)?;
        let recipe = &learned.recipe;
        let data = train::data::load(&recipe.data, recipe.run.seed)?;
        let batch = first_batch(&data, IMAGES, &device)?;
        let ways = Ways {
            model: &learned.model,
            config: &learned.config,
            loss: &recipe.loss,
            blocks,
        };
        let mut random = StdRng::seed_from_u64(recipe.run.seed);
        let mean_norm = |length| {
            // There is one path through none, and one through all.
            let draws = if length % blocks == 0 { 1 } else { draws };
            let norms =
                (0..draws).map(|_| ways.gradient(&drawn(length, blocks, &mut random), &batch));
            let sum: f64 = norms.sum::<Result<f64>>()?;
            Ok(sum / draws as f64)
        };
        let norms = (0..=blocks).map(mean_norm).collect::<Result<Vec<_>>>()?;
        Ok(Paths { norms })
    })
}

/// Which blocks a random path of this length goes through.
fn drawn(length: usize, blocks: usize, random: &mut StdRng) -> Vec<bool> {
    let mut left = length;
    let is_taken = |block: usize| {
        // As many as are left, of those that are left.
        let taken = random.random_range(0..blocks - block) < left;
        left -= usize::from(taken);
        taken
    };
    (0..blocks).map(is_taken).collect()
}

/// A network whose paths are followed.
struct Ways<'a> {
    model: &'a Model,
    config: &'a ModelConfig,
    loss: &'a Loss,
    blocks: usize,
}

impl Ways<'_> {
    /// The norm of the gradient by what the first block is given, where on the way back it goes
    /// through the branch of each block that is taken, and through the shortcut of each other.
    fn gradient(&self, taken: &[bool], batch: &Batch) -> Result<f64> {
        let seam = self.model.seam(self.config).watch(INPUT)?;
        let seam = taken
            .iter()
            .enumerate()
            .try_fold(seam, |seam, (block, &taken)| {
                let per_stage = self.blocks / STAGES;
                let [stage, index] = [block / per_stage, block % per_stage];
                let stopped = if taken { "downsample" } else { "branch" };
                seam.detach(&format!("{}.{stopped}", path(Place { stage, index })))
            })?;
        let step = TrainStep {
            model: self.model,
            loss: self.loss,
            seam: None,
        };
        let (outcome, record) = seam.run(|| step.forward(batch.clone()));
        let gradients = outcome.loss.backward();
        let input = record.find(INPUT).context("the network has no stem")?;
        // Where nothing comes back, or what is no number, nothing is learned.
        let norm = input.gradient(&gradients).map_or(0.0, norm);
        Ok(if norm.is_finite() { norm } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_counted_by_length() {
        assert_eq!(binomials(4), [1.0, 4.0, 6.0, 4.0, 1.0]);
        assert_eq!(parts(vec![1.0, 3.0]), [0.25, 0.75]);
    }

    #[test]
    fn where_each_block_weakens_the_gradient_it_comes_by_short_paths() {
        // A tenth at each block: the binomial with a probability of 1 / 11.
        let norms = (0..=10).map(|length| 0.1_f64.powi(length)).collect();
        let paths = Paths { norms };
        assert!((paths.mean_length() - 10.0 / 11.0).abs() < 1e-9);
        let ([shortest, longest], part) = paths.middle();
        assert_eq!([shortest, longest], [0, 3]);
        assert!((part - (1.0 + 10.0 + 45.0 + 120.0) / 1024.0).abs() < 1e-9);
    }

    #[test]
    fn a_drawn_path_is_as_long_as_is_asked_for() {
        let mut random = StdRng::seed_from_u64(1);
        for length in 0..=9 {
            let taken = drawn(length, 9, &mut random);
            assert_eq!(taken.iter().filter(|taken| **taken).count(), length);
        }
    }
}
