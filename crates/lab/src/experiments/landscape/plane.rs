//! A plane through a network's parameters, and the loss on it.

use anyhow::{Result, anyhow};
use burn::tensor::{Device, Distribution, Tensor};
use models::{Model, ModelConfig};
use train::TrainStep;
use train::data::Batch;
use train::loss::Loss;
use weights::{Array, Entry, Options, Weights, apply};

/// What is added to each parameter, in their order; nothing to those that stay as they are.
pub(super) type Direction = Vec<Vec<f32>>;

/// A network with two directions from where its parameters are.
pub(super) struct Plane {
    pub model: Model,
    pub config: ModelConfig,
    /// Where the plane's middle is.
    pub start: Vec<Entry>,
    pub directions: [Direction; 2],
}

/// Whether a direction moves a parameter: convolutions and linear layers it does; biases,
/// normalisations and their statistics it does not.
pub(super) fn moves(entry: &Entry) -> bool {
    entry.array.shape.len() > 1
}

/// A random direction in which each filter is as long as the network's own: `d ‖θ‖ / ‖d‖`, with `d`
/// of the normal distribution.
///
/// # Errors
/// If values cannot be brought from the device.
pub(super) fn filter_normalised(start: &[Entry], device: &Device) -> Result<Direction> {
    let direction = |entry: &Entry| {
        if !moves(entry) {
            return Ok(Vec::new());
        }
        let Array { shape, values } = &entry.array;
        let drawn = Tensor::<1>::random([values.len()], Distribution::Normal(0.0, 1.0), device);
        let drawn = drawn
            .try_into_vec_as::<f32>()
            .map_err(|error| anyhow!("{error}"))?;
        Ok(as_long_as(&drawn, values, values.len() / shape[0]))
    };
    start.iter().map(direction).collect()
}

/// The filters of a direction, each of so many values, as long as those of `values`.
fn as_long_as(drawn: &[f32], values: &[f32], filter: usize) -> Vec<f32> {
    let filters = drawn.chunks(filter).zip(values.chunks(filter));
    let scaled = filters.flat_map(|(drawn, own)| {
        let scale = length(own) / length(drawn).max(f32::MIN_POSITIVE);
        drawn.iter().map(move |value| value * scale)
    });
    scaled.collect()
}

fn length(values: &[f32]) -> f32 {
    values.iter().map(|value| value * value).sum::<f32>().sqrt()
}

/// What a loss counts at most: far away it is no number.
const CEILING: f64 = 1e6;

impl Plane {
    /// The losses of a batch over a grid, a row of numbers for each of `rows`. Normalisations use
    /// the statistics that they have in the middle.
    ///
    /// # Errors
    /// If parameters cannot be put into the network.
    pub fn losses(
        &self,
        loss: &Loss,
        batch: &Batch,
        columns: &[f64],
        rows: &[f64],
    ) -> Result<Vec<Vec<f64>>> {
        let at = |x: f64, y: f64| {
            let model = self.at(x, y)?;
            let step = TrainStep {
                model: &model,
                loss,
                seam: None,
            };
            let loss = step.forward(batch.clone()).loss.into_scalar::<f32>();
            // The lesser of a number and none is the number.
            Ok(f64::from(loss).min(CEILING))
        };
        let row = |y: &f64| columns.iter().map(|x| at(*x, *y)).collect();
        rows.iter().map(row).collect()
    }

    /// The network at a point: `θ + x d₁ + y d₂`.
    fn at(&self, x: f64, y: f64) -> Result<Model> {
        let [first, second] = &self.directions;
        let moved = self.start.iter().zip(first.iter().zip(second));
        let arrays = moved.map(|(entry, (first, second))| {
            let mut array = entry.array.clone();
            for (value, (first, second)) in array.values.iter_mut().zip(first.iter().zip(second)) {
                *value += x as f32 * first + y as f32 * second;
            }
            (entry.name.clone(), array)
        });
        let weights = Weights::new("a point of the plane", arrays);
        let model = self.model.clone();
        Ok(apply(model, &self.config, &weights, &Options::default())?.0)
    }
}

/// So many numbers at equal distances, from the first to the last.
pub(super) fn spread(first: f64, last: f64, count: usize) -> Vec<f64> {
    let step = (last - first) / (count.max(2) - 1) as f64;
    (0..count)
        .map(|place| first + step * place as f64)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_is_as_long_as_the_networks_own() {
        let direction = as_long_as(&[3.0, 4.0, 1.0, 0.0], &[0.0, 10.0, 0.0, 0.5], 2);
        assert_eq!(direction, [6.0, 8.0, 0.5, 0.0]);
    }

    #[test]
    fn numbers_are_spread_from_end_to_end() {
        assert_eq!(spread(-1.0, 1.0, 5), [-1.0, -0.5, 0.0, 0.5, 1.0]);
    }
}
