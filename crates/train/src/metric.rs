//! What answers are worth: metrics by name, computed by one code during epochs and in tests.

mod accuracy;
mod distance;
mod errors;
mod mean_iou;
mod seen;

use std::collections::BTreeMap;

use anyhow::{Result, bail};

pub(crate) use distance::peak;

use crate::outcome::Outcome;
use seen::{Metric, Seen};

/// The names of the metrics that there are, beside `loss`.
pub const METRICS: [&str; 5] = ["accuracy", "mean_iou", "mae", "rmse", "mean_distance"];

fn named(name: &str) -> Result<Box<dyn Metric>> {
    Ok(match name {
        "accuracy" => Box::new(accuracy::Accuracy::default()),
        "mean_iou" => Box::new(mean_iou::MeanIou::default()),
        "mae" => Box::new(errors::MeanAbsoluteError::default()),
        "rmse" => Box::new(errors::RootMeanSquareError::default()),
        "mean_distance" => Box::new(distance::MeanDistance::default()),
        _ => bail!(
            "there is no metric '{name}'; there are: {}",
            METRICS.join(", ")
        ),
    })
}

/// The loss and the metrics of these names, over a split.
pub struct Metrics {
    loss_sum: f64,
    images: usize,
    named: Vec<(&'static str, Box<dyn Metric>)>,
}

impl Metrics {
    /// None of the images is seen yet.
    ///
    /// # Errors
    /// If there is no metric of a name.
    pub fn new(names: &[&'static str]) -> Result<Self> {
        let named = names.iter().map(|&name| Ok((name, named(name)?)));
        Ok(Self {
            loss_sum: 0.0,
            images: 0,
            named: named.collect::<Result<_>>()?,
        })
    }

    /// Takes a batch in.
    ///
    /// # Errors
    /// If the device fails.
    pub fn update(&mut self, outcome: Outcome) -> Result<()> {
        let seen = Seen::read(outcome)?;
        let [images, ..] = seen.dims;
        // Once for each image, so that a short last batch weighs as little as it should.
        self.loss_sum += seen.loss * images as f64;
        self.images += images;
        for (_, metric) in &mut self.named {
            metric.update(&seen);
        }
        Ok(())
    }

    /// How many images were seen.
    pub fn images(&self) -> usize {
        self.images
    }

    /// The loss, and each metric, by name.
    pub fn values(&self) -> Values {
        let loss = ("loss", self.loss_sum / self.images as f64);
        let named = self
            .named
            .iter()
            .map(|(name, metric)| (*name, metric.value()));
        Values(std::iter::once(loss).chain(named).collect())
    }
}

/// Metrics by name, the loss first. Fractions are 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(Vec<(&'static str, f64)>);

impl Values {
    /// Each name with its value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.0.iter().copied()
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter()
            .find(|(own, _)| *own == name)
            .map(|(_, value)| value)
    }

    /// As a record: none where a value is not a number.
    pub fn record(&self) -> BTreeMap<String, Option<f64>> {
        let finite = |value: f64| value.is_finite().then_some(value);
        let named = self
            .iter()
            .map(|(name, value)| (name.to_string(), finite(value)));
        named.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Targets;
    use burn::tensor::{Device, Tensor};

    #[test]
    fn a_short_last_batch_weighs_less() {
        let mut metrics = Metrics::new(&["accuracy"]).expect("a metric");
        for (images, loss, class) in [(3, 1.0, 0), (1, 5.0, 1)] {
            let device = Device::flex();
            metrics
                .update(Outcome {
                    loss: Tensor::from_data([loss], &device),
                    answers: Tensor::<4>::from_data([[[[1.0]], [[0.0]]]], &device)
                        .expand([images, 2, 1, 1]),
                    targets: Targets::Classes(Tensor::full([images, 1, 1], class, &device)),
                })
                .expect("reads");
        }
        let values = metrics.values();
        assert_eq!(values.get("loss"), Some(2.0));
        assert_eq!(values.get("accuracy"), Some(0.75));
        assert_eq!(metrics.images(), 4);
    }

    #[test]
    fn every_metric_has_a_name_and_starts_without_a_value() {
        let metrics = Metrics::new(&METRICS).expect("all are known");
        assert!(metrics.values().iter().all(|(_, value)| value.is_nan()));
        let error = Metrics::new(&["luck"]).err().expect("no such metric");
        assert!(error.to_string().starts_with("there is no metric 'luck'"));
    }
}
