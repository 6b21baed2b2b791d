//! What metrics look at.

use anyhow::Result;
use burn::tensor::activation::softmax;
use burn::tensor::{Int, Tensor};

use crate::data::{IGNORED, Targets};
use crate::outcome::Outcome;

/// An outcome as plain numbers, read once for all metrics.
pub(super) struct Seen {
    /// `[batch, channels, height, width]` of the answers.
    dims: [usize; 4],
    pub loss: f64,
    classes: Pair<Vec<i64>>,
    values: Pair<Vec<f32>>,
    scores: Vec<f32>,
    /// Of objects that are known: the number of the one that each pixel is part of, and whether their
    /// borders are a class.
    objects: Option<(Vec<i32>, bool)>,
}

/// One image of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Image<'a> {
    /// `[channels, height, width]` of the answer.
    pub dims: [usize; 3],
    /// Of answers that are classes: the likeliest and the true one of each pixel.
    pub classes: Pair<&'a [i64]>,
    /// Of answers that are values.
    pub values: Pair<&'a [f32]>,
    /// Of answers that are classes: the probability of each class at each pixel, class after class.
    /// Empty where no metric asks for them.
    pub scores: &'a [f32],
    /// Of objects that are known: the number of the true one that each pixel is part of, and whether
    /// their borders are a class.
    pub objects: Option<(&'a [i32], bool)>,
}

/// What was predicted and what is true; empty where the targets are of the other kind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pair<T> {
    pub predicted: T,
    pub truth: T,
}

impl Seen {
    pub fn read(outcome: Outcome, with_scores: bool) -> Result<Self> {
        let Outcome {
            loss,
            answers,
            targets,
        } = outcome;
        let mut seen = Self {
            dims: answers.dims(),
            loss: loss.try_into_scalar::<f64>()?,
            classes: Pair::default(),
            values: Pair::default(),
            scores: Vec::new(),
            objects: None,
        };
        match targets {
            // Points are heat maps here.
            Targets::None | Targets::Points(_) => {}
            Targets::Classes(truth) => seen.take_classes(answers, truth, with_scores)?,
            Targets::Objects {
                classes,
                numbers,
                bordered,
            } => {
                seen.objects = Some((numbers.try_into_vec_as::<i32>()?, bordered));
                seen.take_classes(answers, classes, with_scores)?;
            }
            Targets::Soft(parts) => {
                let ignored = parts.clone().sum_dim(1).equal_elem(0.0);
                let truth = parts.argmax(1).mask_fill(ignored, IGNORED);
                let truth = truth.squeeze_dim(1);
                seen.take_classes(answers, truth, with_scores)?;
            }
            Targets::Values(truth) => {
                seen.values = Pair {
                    predicted: answers.try_into_vec_as::<f32>()?,
                    truth: truth.try_into_vec_as::<f32>()?,
                };
            }
        }
        Ok(seen)
    }

    fn take_classes(
        &mut self,
        answers: Tensor<4>,
        truth: Tensor<3, Int>,
        with_scores: bool,
    ) -> Result<()> {
        let likeliest: Tensor<3, Int> = answers.clone().argmax(1).squeeze_dim(1);
        self.classes = Pair {
            predicted: likeliest.try_into_vec_as::<i64>()?,
            truth: truth.try_into_vec_as::<i64>()?,
        };
        if with_scores {
            self.scores = softmax(answers, 1).try_into_vec_as::<f32>()?;
        }
        Ok(())
    }

    /// One after the other.
    pub fn images(&self) -> impl Iterator<Item = Image<'_>> {
        let [count, channels, height, width] = self.dims;
        (0..count).map(move |index| Image {
            dims: [channels, height, width],
            classes: self.classes.part(index, count),
            values: self.values.part(index, count),
            scores: part(&self.scores, index, count),
            objects: self
                .objects
                .as_ref()
                .map(|(numbers, bordered)| (part(numbers, index, count), *bordered)),
        })
    }
}

impl Image<'_> {
    /// Of each pixel that counts, the true class and the probability of each.
    pub fn pixels(&self) -> impl Iterator<Item = (usize, Vec<f32>)> + '_ {
        let plane = self.classes.truth.len();
        let counted = (0..plane).filter(|&pixel| self.classes.truth[pixel] >= 0);
        counted.map(move |pixel| {
            let scores = self.scores[pixel..].iter().step_by(plane);
            (
                self.classes.truth[pixel] as usize,
                scores.copied().collect(),
            )
        })
    }
}

impl<T> Pair<Vec<T>> {
    fn part(&self, index: usize, count: usize) -> Pair<&[T]> {
        Pair {
            predicted: part(&self.predicted, index, count),
            truth: part(&self.truth, index, count),
        }
    }
}

/// The part of this index of so many equal ones.
fn part<T>(all: &[T], index: usize, count: usize) -> &[T] {
    let each = all.len() / count;
    &all[index * each..][..each]
}

#[cfg(test)]
impl<'a> Image<'a> {
    /// A row of pixels of so many classes.
    pub fn of_classes(channels: usize, predicted: &'a [i64], truth: &'a [i64]) -> Self {
        Self {
            dims: [channels, 1, truth.len()],
            classes: Pair { predicted, truth },
            values: Pair::default(),
            scores: &[],
            objects: None,
        }
    }

    /// A map of values.
    pub fn of_values(dims: [usize; 3], predicted: &'a [f32], truth: &'a [f32]) -> Self {
        Self {
            dims,
            classes: Pair::default(),
            values: Pair { predicted, truth },
            scores: &[],
            objects: None,
        }
    }
}
