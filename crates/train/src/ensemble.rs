//! What several models say together.

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use models::{Model, Task};

use crate::data::Batch;
use crate::loss::{Loss, Truth};
use crate::metric::{Metrics, Values};
use crate::outcome::Outcome;
use crate::task;

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
    kind: Task,
) -> Result<Values> {
    let mut metrics = Metrics::new(task::of(kind).metrics())?;
    for batch in loader.iter() {
        metrics.update(answer(models, loss, batch?, kind))?;
    }
    Ok(metrics.values())
}

fn answer(models: &[Model], loss: &Loss, batch: Batch, kind: Task) -> Outcome {
    let [_, _, rows, columns] = batch.images.dims();
    let answers = models.iter().map(|model| {
        let answer = model.forward(batch.images.clone()).swap_remove(0);
        match of_classes(kind) {
            true => softmax(answer, 1),
            false => answer,
        }
    });
    let sum = answers.reduce(|sum, answer| sum + answer);
    let mean: Tensor<4> = sum.expect("a model") / models.len() as f64;
    // Logits again, which a loss takes; a probability of nothing stays a number.
    let answers = match of_classes(kind) {
        true => mean.clamp_min(f32::MIN_POSITIVE).log(),
        false => mean,
    };
    let [_, _, height, width] = answers.dims();
    let truth = Truth::new(batch.targets, [height, width], [rows, columns]);
    Outcome {
        loss: loss.forward(std::slice::from_ref(&answers), &truth),
        answers,
        targets: truth.into_targets(),
    }
}

fn of_classes(kind: Task) -> bool {
    matches!(kind, Task::Classification | Task::Segmentation)
}
