//! What several models say together.

use std::path::Path;

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};
use models::Task;

use crate::data::{self, Batch, Loader};
use crate::evaluate::{Evaluation, judge};
use crate::learned::{Learned, Origin};
use crate::loaders::to_test;
use crate::loss::Truth;
use crate::outcome::Outcome;
use crate::tiled::answers;

/// One of several models, with the test images as it sees them.
pub(crate) struct Member {
    learned: Learned,
    loader: Loader,
    /// What the test images are called.
    names: Vec<String>,
}

impl Member {
    /// The model of a run, and the images that it was tested on.
    ///
    /// # Errors
    /// If one of them is not to be had.
    pub fn of(run: &Path, device: &Device) -> Result<Self> {
        let learned = Learned::load(Origin::Run(run), device)?;
        let Learned {
            recipe, problem, ..
        } = &learned;
        let data = data::load_for(&recipe.data, problem, recipe.run.seed)?;
        let data = data.limited(recipe.data.limit);
        Ok(Self {
            loader: to_test(recipe, problem, &data.test, device),
            names: data.splits().test,
            learned,
        })
    }

    fn answer(&self, batch: &Batch) -> Result<Tensor<4>> {
        let Learned { model, problem, .. } = &self.learned;
        let tiles = problem.preprocessing.tiles();
        let answer = answers(model, batch.images.clone(), tiles)?;
        Ok(match of_classes(problem.task) {
            true => softmax(answer, 1),
            false => answer,
        })
    }
}

/// The evaluation of the mean answer of several models: of classes, the mean of their probabilities;
/// of values, the mean of the values. Each sees the images as it has learned to, at its own scale.
/// None where they were not all tested on the same images: what one has learned from may be another's
/// test.
///
/// # Errors
/// If an image or a result cannot be read.
///
/// # Panics
/// If there is no model.
pub(crate) fn evaluate_together(members: &[Member]) -> Result<Option<Evaluation>> {
    let first = &members[0];
    if members.iter().any(|member| member.names != first.names) {
        return Ok(None);
    }
    let mut loaders: Vec<_> = members.iter().map(|member| member.loader.iter()).collect();
    let outcomes = std::iter::from_fn(|| {
        let next = loaders
            .iter_mut()
            .map(|loader| Some(loader.next()?.map_err(Into::into)));
        let batches: Vec<_> = next.collect::<Option<_>>()?;
        Some(mean(members, batches))
    });
    let Learned {
        recipe, problem, ..
    } = &first.learned;
    judge(outcomes, recipe, problem).map(Some)
}

/// What the members say of one batch, of which each has a version.
fn mean(members: &[Member], batches: Vec<Result<Batch>>) -> Result<Outcome> {
    let mut truth = None;
    let mut sum: Option<Tensor<4>> = None;
    for (member, batch) in members.iter().zip(batches) {
        let batch = batch?;
        let answer = member.answer(&batch)?;
        let [_, _, rows, columns] = batch.images.dims();
        let [_, _, height, width] = answer.dims();
        truth.get_or_insert_with(|| Truth::new(batch.targets, [height, width], [rows, columns]));
        sum = Some(match sum {
            Some(sum) => sum + answer,
            None => answer,
        });
    }
    let (truth, sum) = truth.zip(sum).expect("a model");
    let mean = sum / members.len() as f64;
    let Learned {
        recipe, problem, ..
    } = &members[0].learned;
    // Logits again, which a loss takes; a probability of nothing stays a number.
    let answers = match of_classes(problem.task) {
        true => mean.clamp_min(f32::MIN_POSITIVE).log(),
        false => mean,
    };
    Ok(Outcome {
        loss: recipe.loss.forward(std::slice::from_ref(&answers), &truth),
        answers,
        targets: truth.into_targets(),
    })
}

fn of_classes(kind: Task) -> bool {
    matches!(kind, Task::Classification | Task::Segmentation)
}
