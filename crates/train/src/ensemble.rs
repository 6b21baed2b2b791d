//! What several models say together.

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use models::{Model, Task};

use crate::data::{Batch, Problem};
use crate::loss::{Loss, Truth};
use crate::metric::{Metrics, Values};
use crate::outcome::Outcome;
use crate::task;
use crate::tiled::answers;

/// The loss and the metrics of the mean answer of several models: of classes, the mean of their
/// probabilities; of values, the mean of the values.
///
/// # Errors
/// If an image or a result cannot be read.
///
/// # Panics
/// If there is no model.
pub(crate) fn evaluate_together(
    models: &[Model],
    loss: &Loss,
    loader: &dyn DataLoader<Batch>,
    problem: &Problem,
) -> Result<Values> {
    let mut metrics = Metrics::new(task::of(problem.task).metrics())?;
    for batch in loader.iter() {
        metrics.update(answer(models, loss, batch?, problem)?)?;
    }
    Ok(metrics.values())
}

fn answer(models: &[Model], loss: &Loss, batch: Batch, problem: &Problem) -> Result<Outcome> {
    let [_, _, rows, columns] = batch.images.dims();
    let (kind, tiles) = (problem.task, problem.preprocessing.tiles());
    let answers = models.iter().map(|model| -> Result<Tensor<4>> {
        let answer = answers(model, batch.images.clone(), tiles)?;
        Ok(match of_classes(kind) {
            true => softmax(answer, 1),
            false => answer,
        })
    });
    let answers: Vec<_> = answers.collect::<Result<_>>()?;
    let sum = answers.into_iter().reduce(|sum, answer| sum + answer);
    let mean: Tensor<4> = sum.expect("a model") / models.len() as f64;
    // Logits again, which a loss takes; a probability of nothing stays a number.
    let answers = match of_classes(kind) {
        true => mean.clamp_min(f32::MIN_POSITIVE).log(),
        false => mean,
    };
    let [_, _, height, width] = answers.dims();
    let truth = Truth::new(batch.targets, [height, width], [rows, columns]);
    Ok(Outcome {
        loss: loss.forward(std::slice::from_ref(&answers), &truth),
        answers,
        targets: truth.into_targets(),
    })
}

fn of_classes(kind: Task) -> bool {
    matches!(kind, Task::Classification | Task::Segmentation)
}
