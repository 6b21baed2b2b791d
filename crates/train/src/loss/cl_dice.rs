//! The clDice loss.

use anyhow::{Result, ensure};
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Check;
use super::overlaps::{Overlaps, foreground};
use super::truth::Truth;

/// `1 - 2 P S / (P + S)`, the mean over images and foreground classes, with
/// `P = (sum(k(p) t) + 1) / (sum(k(p)) + 1)` and `S = (sum(k(t) p) + 1) / (sum(k(t)) + 1)`,
/// probability `p` and truth `t` summed over an image's pixels that count, and their soft skeletons
/// `k`.
///
/// How much of each one's centre lines lies in the other: a thin vessel that is cut through costs as
/// much as a thick one. Taken with a Dice loss. A skeleton is what openings after 0, 1, 2, ...
/// erosions take away; `iterations` of them suit objects of up to twice as many pixels across.
///
/// "clDice - a Novel Topology-Preserving Loss Function for Tubular Structure Segmentation" (Shit et
/// al. 2021, <https://arxiv.org/abs/2003.07311>), algorithms 1 and 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClDice {
    /// How much the term counts.
    pub weight: f64,
    /// How many erosions make a skeleton.
    pub iterations: usize,
}

impl Default for ClDice {
    fn default() -> Self {
        Self {
            weight: 1.0,
            iterations: 3,
        }
    }
}

impl Check for ClDice {
    fn check(&self, path: &str, _: usize) -> Result<()> {
        ensure!(
            (1..=100).contains(&self.iterations),
            "{path}.iterations = {}: must be 1 to 100",
            self.iterations
        );
        Ok(())
    }
}

impl ClDice {
    /// The loss of logits, without the term's weight.
    ///
    /// # Shapes
    /// `logits`: `[batch, classes, height, width]`. Output: `[1]`.
    pub fn forward(&self, logits: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let (probability, truth_map) = foreground(logits, truth);
        let covered = |skeleton: Tensor<4>, other: Tensor<4>| {
            let Overlaps {
                both, predicted, ..
            } = Overlaps::summed(skeleton, other);
            (both + 1) / (predicted + 1)
        };
        let precision = covered(self.skeleton(probability.clone()), truth_map.clone());
        let sensitivity = covered(self.skeleton(truth_map), probability);
        let both = precision.clone() * sensitivity.clone();
        -(both * 2 / (precision + sensitivity)).mean() + 1
    }

    fn skeleton(&self, mut x: Tensor<4>) -> Tensor<4> {
        let taken_away = |x: &Tensor<4>| relu(x.clone() - dilated(eroded(x.clone())));
        let mut skeleton = taken_away(&x);
        for _ in 0..self.iterations {
            x = eroded(x);
            let more = taken_away(&x);
            skeleton = skeleton.clone() + relu(more.clone() - skeleton * more);
        }
        skeleton
    }
}

/// The least of each pixel and its four neighbours.
fn eroded(x: Tensor<4>) -> Tensor<4> {
    let columns = -highest(-x.clone(), [3, 1]);
    let rows = -highest(-x, [1, 3]);
    columns.min_pair(rows)
}

/// The highest of each pixel and its eight neighbours.
fn dilated(x: Tensor<4>) -> Tensor<4> {
    highest(x, [3, 3])
}

fn highest(x: Tensor<4>, window: [usize; 2]) -> Tensor<4> {
    let options = MaxPoolOptions::new(window)
        .with_stride([1, 1])
        .with_padding(window.map(|side| side / 2));
    max_pool2d(x, options)
}
