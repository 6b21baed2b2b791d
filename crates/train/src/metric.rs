//! What answers are worth: metrics by name, computed by one code during epochs and in tests.

mod boundary;
mod calibration;
mod confusion;
mod distance;
mod errors;
mod instances;
mod list;
mod overlap;
mod percentile;
mod ranking;
mod sample;
mod seen;
mod similarity;
mod tally;
mod top;
mod values;

use anyhow::Result;
use models::Task;
use serde::{Deserialize, Serialize};

pub(crate) use confusion::Confusion;
pub(crate) use distance::peak;
pub use list::{Better, METRICS};
pub(crate) use sample::Sample;
pub use values::Values;

use crate::outcome::Outcome;
use list::{Named, Read, Tallies};
use seen::Seen;
use tally::Mean;

/// Which of two values of a metric, or of the `loss`, is better.
///
/// # Errors
/// If there is no metric of this name.
pub fn better(name: &str) -> Result<Better> {
    // A metric of a class is called by both.
    let metric = name.split_once('.').map_or(name, |(metric, _)| metric);
    match metric {
        "loss" => Ok(Better::Lower),
        _ => Ok(Named::find(metric)?.0.better),
    }
}

/// The loss and the metrics of these names, over a split. Written and read in the middle of it, they
/// end with the same values to the bit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    named: Vec<Named>,
    /// The classes' names, for metrics that have a value for each.
    classes: Vec<String>,
    /// Once for each image, so that a short last batch weighs as little as it should.
    loss: Mean,
    tallies: Tallies,
}

impl Metrics {
    /// None of the images is seen yet.
    ///
    /// # Errors
    /// If there is no metric of a name.
    pub fn new(names: &[&str]) -> Result<Self> {
        let named = names.iter().map(|name| Named::find(name));
        let named: Vec<_> = named.collect::<Result<_>>()?;
        Ok(Self {
            tallies: Tallies::wanted(&named),
            loss: Mean::default(),
            classes: Vec::new(),
            named,
        })
    }

    /// The same with names of the classes: a metric that has a value for each calls it by its own
    /// name, a dot and the class's, as `iou.nucleus`. Without names it has none.
    pub fn with_classes(self, classes: &[String]) -> Self {
        Self {
            classes: classes.to_vec(),
            ..self
        }
    }

    /// Takes a batch in.
    ///
    /// # Errors
    /// If the device fails.
    pub fn update(&mut self, outcome: Outcome) -> Result<()> {
        self.take(outcome, |_| {})
    }

    /// Takes a batch in, and hands over what was kept of each image.
    fn take(&mut self, outcome: Outcome, mut each: impl FnMut(Tallies)) -> Result<()> {
        let seen = Seen::read(outcome, self.tallies.look_at_scores())?;
        for image in seen.images() {
            self.loss.push(seen.loss);
            let tallies = self.tallies.of(&image);
            self.tallies.add(&tallies, 1);
            each(tallies);
        }
        Ok(())
    }

    /// How many images were seen.
    pub fn images(&self) -> usize {
        self.loss.count as usize
    }

    /// The loss, and each metric, by name.
    pub fn values(&self) -> Values {
        let loss = ("loss".to_string(), self.loss.value());
        Values::new(
            std::iter::once(loss)
                .chain(self.read(&self.tallies))
                .collect(),
        )
    }

    /// Each metric but the loss, from what was kept.
    fn read(&self, tallies: &Tallies) -> Vec<(String, f64)> {
        let mut values = Vec::new();
        for Named(entry) in &self.named {
            match entry.read {
                Read::One(read) => values.push((entry.name.to_string(), read(tallies))),
                Read::Each(read) => {
                    let classes = self.classes.iter().enumerate();
                    values.extend(classes.map(|(class, name)| {
                        (format!("{}.{name}", entry.name), read(tallies, class))
                    }));
                }
            }
        }
        values
    }
}

/// The names of the metrics that say something of a task, beside `loss`.
pub fn metrics_of(task: Task) -> Vec<&'static str> {
    let entries = list::LIST.iter();
    let own = entries.filter(|entry| entry.tasks.contains(&task));
    own.map(|entry| entry.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Targets;
    use burn::tensor::{Device, Tensor};

    fn outcome(images: usize, loss: f32, class: i32) -> Outcome {
        let device = Device::flex();
        Outcome {
            loss: Tensor::from_data([loss], &device),
            answers: Tensor::<4>::from_data([[[[1.0]], [[0.0]]]], &device)
                .expand([images, 2, 1, 1]),
            targets: Targets::Classes(Tensor::full([images, 1, 1], class, &device)),
        }
    }

    #[test]
    fn a_short_last_batch_weighs_less() {
        let mut metrics = Metrics::new(&["accuracy"]).expect("a metric");
        for (images, loss, class) in [(3, 1.0, 0), (1, 5.0, 1)] {
            metrics.update(outcome(images, loss, class)).expect("reads");
        }
        let values = metrics.values();
        assert_eq!(values.get("loss"), Some(2.0));
        assert_eq!(values.get("accuracy"), Some(0.75));
        assert_eq!(metrics.images(), 4);
    }

    #[test]
    fn every_metric_has_a_name_and_starts_without_a_value() {
        let metrics = Metrics::new(METRICS).expect("all are known");
        assert!(metrics.values().iter().all(|(_, value)| value.is_nan()));
        let error = Metrics::new(&["luck"]).expect_err("no such metric");
        assert!(error.to_string().starts_with("there is no metric 'luck'"));
    }

    #[test]
    fn what_is_written_and_read_in_the_middle_ends_the_same() {
        let maps = |seed: usize| {
            let values = (0..2 * 3 * 16).map(|at| ((at * 37 + seed * 11) % 23) as f32 / 7.0);
            Tensor::<1>::from_data(values.collect::<Vec<_>>().as_slice(), &Device::flex())
                .reshape([2, 3, 4, 4])
        };
        let outcomes = |index: usize| {
            let classes = maps(index + 5).argmax(1).squeeze_dim(1);
            let kinds = [Targets::Classes(classes), Targets::Values(maps(index + 9))];
            kinds.map(|targets| Outcome {
                loss: Tensor::from_data([0.1 + index as f32 / 3.0], &Device::flex()),
                answers: maps(index),
                targets,
            })
        };
        let classes = ["background", "cell", "gap"].map(str::to_string);
        let whole = Metrics::new(METRICS).expect("all are known");
        let mut whole = whole.with_classes(&classes);
        let mut parts = whole.clone();
        for index in 0..6 {
            for outcome in outcomes(index) {
                whole.update(outcome.clone()).expect("reads");
                parts.update(outcome).expect("reads");
            }
            let text = serde_json::to_string(&parts).expect("writes");
            parts = serde_json::from_str(&text).expect("reads");
        }
        let bits = |metrics: &Metrics| -> Vec<_> {
            let values = metrics.values();
            let bits = values
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_bits()));
            bits.collect()
        };
        let values = whole.values();
        for name in [
            "loss", "accuracy", "mean_iou", "ece", "aji", "mae", "ssim", "pck",
        ] {
            assert!(values.get(name).is_some_and(f64::is_finite), "{name}");
        }
        assert!(values.get("iou.gap").is_some());
        assert_eq!(bits(&parts), bits(&whole));
        assert_eq!(parts.images(), 24);
    }

    #[test]
    fn the_loss_is_to_be_low_and_the_accuracy_high() {
        let is = |name, a, b| better(name).expect("a metric").is(a, b);
        assert!(is("loss", 0.1, 0.2) && !is("loss", 0.2, 0.2));
        assert!(is("accuracy", 0.9, 0.8) && !is("accuracy", 0.8, 0.9));
        assert!(is("accuracy", 0.0, f64::NAN) && !is("accuracy", f64::NAN, 0.0));
        assert!(is("iou.cell", 0.9, 0.8));
        assert!(better("luck").is_err());
    }
}
