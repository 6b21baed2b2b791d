//! Looking into networks: a batch to look with, and what the gradients of all parts are.

use anyhow::{Context, Result};
use burn::data::dataloader::DataLoader;
use burn::tensor::{Device, Tensor};
use models::{Model, ModelConfig};
use serde::{Deserialize, Serialize};
use train::TrainStep;
use train::data::{Batch, DataSet, Loader};
use train::loss::Loss;

/// The first images to learn from, as they are: not augmented, in their order.
///
/// # Errors
/// If there are none, or one cannot be read.
pub fn first_batch(data: &DataSet, size: usize, device: &Device) -> Result<Batch> {
    let preprocessing = data.problem.preprocessing.clone();
    let loader = Loader::new(data.train.clone(), preprocessing, size).with_device(device.clone());
    let batch = loader.iter().next();
    Ok(batch.context("there are no images to learn from")??)
}

/// What a part of a network gave, and how the loss depends on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartSeen {
    /// The part's path.
    pub path: String,
    /// The norm of the loss's gradient by what the part gave, over all images.
    pub gradient: f64,
    /// The standard deviation of what it gave.
    pub deviation: f64,
}

/// What the parts of a pattern gave for a batch, in the order in which they were computed, with their
/// gradients. The model has to be with derivatives; it trains as it runs, so running statistics of a
/// copy move.
///
/// # Errors
/// If no part has a path of the pattern.
pub fn parts_seen(
    model: &Model,
    config: &ModelConfig,
    loss: &Loss,
    batch: Batch,
    pattern: &str,
) -> Result<Vec<PartSeen>> {
    let seam = model.seam(config).watch(pattern)?;
    let step = TrainStep {
        model,
        loss,
        seam: None,
    };
    let (outcome, record) = seam.run(|| step.forward(batch));
    let gradients = outcome.loss.backward();
    let seen = record.seen().iter().map(|seen| PartSeen {
        path: seen.path().to_string(),
        gradient: seen.gradient(&gradients).map_or(0.0, norm),
        deviation: seen.deviation(),
    });
    Ok(seen.collect())
}

/// Forward, loss and back, to time it: when it returns, all is computed.
pub(crate) fn whole_step(model: &Model, loss: &Loss, batch: Batch) {
    let step = TrainStep {
        model,
        loss,
        seam: None,
    };
    let (_, outcome) = step.run(batch);
    // A device may still compute; whoever reads a value waits for it.
    outcome.loss.into_scalar::<f32>();
}

/// The square root of the sum of squares, in 64 bits: squares of gradients that have all but vanished
/// are too small for 32.
pub fn norm<const D: usize>(values: Tensor<D>) -> f64 {
    let values = values.into_data();
    let squares = values.iter::<f64>().map(|value| value * value);
    squares.sum::<f64>().sqrt()
}
