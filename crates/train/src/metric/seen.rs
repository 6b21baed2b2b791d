//! What metrics look at.

use anyhow::Result;
use burn::tensor::{Int, Tensor};

use crate::data::Targets;
use crate::outcome::Outcome;

/// A number that says what a network's answers are worth.
pub(super) trait Metric: Send {
    /// Takes a batch in.
    fn update(&mut self, seen: &Seen);

    /// The value over all batches so far; not a number before the first.
    fn value(&self) -> f64;
}

/// An outcome as plain numbers, read once for all metrics.
pub(super) struct Seen {
    /// `[batch, channels, height, width]` of the answers.
    pub dims: [usize; 4],
    pub loss: f64,
    pub classes: Classes,
    pub values: Pair<f32>,
}

/// Of answers that are classes: the likeliest and the true one of each pixel.
pub(super) type Classes = Pair<i64>;

/// What was predicted and what is true; empty where the targets are of the other kind.
pub(super) struct Pair<T> {
    pub predicted: Vec<T>,
    pub truth: Vec<T>,
}

impl<T> Default for Pair<T> {
    fn default() -> Self {
        Self {
            predicted: Vec::new(),
            truth: Vec::new(),
        }
    }
}

impl Seen {
    pub fn read(outcome: Outcome) -> Result<Self> {
        let Outcome {
            loss,
            answers,
            targets,
        } = outcome;
        let dims = answers.dims();
        let labels = |truth: Tensor<3, Int>| -> Result<Classes> {
            let likeliest: Tensor<3, Int> = answers.clone().argmax(1).squeeze_dim(1);
            Ok(Pair {
                predicted: likeliest.try_into_vec_as::<i64>()?,
                truth: truth.try_into_vec_as::<i64>()?,
            })
        };
        let (mut classes, mut values) = (Pair::default(), Pair::default());
        match targets {
            // Points are heat maps here.
            Targets::None | Targets::Points(_) => {}
            Targets::Classes(truth) => classes = labels(truth)?,
            Targets::Soft(truth) => classes = labels(truth.argmax(1).squeeze_dim(1))?,
            Targets::Values(truth) => {
                values = Pair {
                    predicted: answers.try_into_vec_as::<f32>()?,
                    truth: truth.try_into_vec_as::<f32>()?,
                };
            }
        }
        Ok(Self {
            dims,
            loss: loss.try_into_scalar::<f64>()?,
            classes,
            values,
        })
    }
}
