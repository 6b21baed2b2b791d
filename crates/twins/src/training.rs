//! Three steps of our training against the twin's.
//!
//! Gradients of the first step, and how far parameters and running statistics have moved after the
//! last, are too many to be kept. Of each layer's values the twin's run in `f64` leaves the sum,
//! each with a sign that follows from its index. The square of how far our sum is from it has the
//! square of how far our values are as its mean over signs. That is compared with how far the values
//! of the twin's own runs in `f32` are, which round in six ways: the furthest of them counts.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use burn::module::Module;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use models::ModelConfig;
use skip_blocks::layers::{CrossEntropy, concat, cross_entropy};

use crate::fill::{bits, images, signed_sum, values};
use crate::model::each_value;
use crate::{Batch, Case, KeysDiffer, Training, Values, filled};

/// How many images a batch has.
const BATCH: usize = 4;
const STEPS: usize = 3;
const MOMENTUM: f64 = 0.9;

/// How far some of our values are from the twin's in `f64`: how many times as far as the furthest of
/// the twin's own in `f32`.
#[derive(Clone, Debug)]
pub struct Further {
    /// What values.
    pub kind: &'static str,
    /// The root of the mean square over layers.
    pub times: f64,
    /// The layer that is furthest, and how far.
    pub furthest: Option<(String, f64)>,
}

/// Fills the case's model, trains it on a batch as its twin was trained, and compares losses,
/// gradients, parameters and running statistics.
///
/// # Errors
/// If the model's names are not those of its twin.
///
/// # Panics
/// Panics if it has other layers that learn than the twin.
pub fn compare(
    case: &Case<Training>,
    batch: &Batch,
    device: &Device,
) -> Result<[Further; 4], KeysDiffer> {
    let config = nothing_dropped(case.config());
    let device = device.clone().autodiff();
    let mut model = filled(&config, &case.fixture.keys, &device)?;
    let [channels, height, width] = case.fixture.input;
    let dims = [BATCH, channels, height, width];
    let x = TensorData::new(images(&batch.images, dims.iter().product()), dims);
    let x = Tensor::<4>::from_data(x, &device);
    let momentum = MomentumConfig::new()
        .with_momentum(MOMENTUM)
        .with_dampening(0.0);
    let mut optimizer = SgdConfig::new().with_momentum(Some(momentum)).init();

    let [mut losses, mut gradients] = [Sums::default(), Sums::default()];
    let mut learning = HashSet::new();
    for step in 0..STEPS {
        let loss = loss(model.forward(x.clone()));
        let value = loss.clone().into_scalar::<f32>();
        losses.add(&step.to_string(), std::iter::once(f64::from(value)));
        let found = loss.backward();
        if step == 0 {
            each_value(&model, &config, Some(&found), |key, _, gradient| {
                learning.insert(key.to_string());
                gradients.add(key, gradient.iter().copied().map(f64::from));
            });
        }
        let found = GradientsParams::from_grads(found, &model);
        model = optimizer.step(batch.rate, model, found);
    }

    let [mut parameters, mut statistics] = [Sums::default(), Sums::default()];
    // Running statistics are written where the model is read as one that does not learn.
    each_value(&model.valid(), &config, None, |key, shape, found| {
        let moved = found.iter().zip(values(key, shape));
        let moved = moved.map(|(&last, first)| f64::from(last) - f64::from(first));
        if is_statistic(key) {
            statistics.add(key, moved);
        } else if learning.contains(key) {
            parameters.add(key, moved);
        }
    });
    Ok([
        losses.further("losses", &batch.losses),
        gradients.further("gradients", &batch.gradients),
        parameters.further("parameters", &batch.parameters),
        statistics.further("statistics", &batch.statistics),
    ])
}

/// What is dropped is drawn at random.
fn nothing_dropped(config: ModelConfig) -> ModelConfig {
    let fields = config.fields().into_iter();
    let rates = fields.filter(|(path, _)| path.ends_with("drop_rate"));
    rates.fold(config.clone(), |config, (path, _)| {
        let config = config.set(&path, 0.0.into());
        config.expect("a rate may be 0")
    })
}

fn is_statistic(key: &str) -> bool {
    key.ends_with("running_mean") || key.ends_with("running_var")
}

/// The cross entropy of each map of logits, added up, for labels that follow from a pixel's index. A
/// single logit stands against one of 0: alone it would say the same whatever it is.
fn loss(outputs: Vec<Tensor<4>>) -> Tensor<1> {
    let losses = outputs.into_iter().map(|logits| {
        let logits = match logits.dims()[1] {
            1 => concat(vec![logits.zeros_like(), logits]),
            _ => logits,
        };
        let [batch, classes, height, width] = logits.dims();
        let labels = bits("label").map(|bits| (bits % classes as u64) as i64);
        let labels: Vec<_> = labels.take(batch * height * width).collect();
        let labels = TensorData::new(labels, [batch, height, width]);
        let labels = Tensor::<3, Int>::from_data(labels, &logits.device());
        cross_entropy(logits, labels, &CrossEntropy::default())
    });
    let total = losses.reduce(|total, loss| total + loss);
    total.expect("a model has an output")
}

/// The sums of values with signs, by layer.
#[derive(Default)]
struct Sums(BTreeMap<String, f64>);

impl Sums {
    fn add(&mut self, key: &str, values: impl Iterator<Item = f64>) {
        let layer = key.rsplit_once('.').map_or(key, |(layer, _)| layer);
        *self.0.entry(layer.to_string()).or_default() += signed_sum(&format!("sign {key}"), values);
    }

    fn further(self, kind: &'static str, twin: &Values) -> Further {
        assert_eq!(self.0.len(), twin.sums.len(), "layers with {kind}");
        let twin = twin.sums.iter().zip(&twin.distances);
        let times = self.0.into_iter().zip(twin);
        let times: Vec<_> = times
            .map(|((layer, ours), (exact, distance))| {
                // A unit that never opens leaves gradients of 0, of which nothing is to be divided.
                let times = match ours == *exact {
                    true => 0.0,
                    false => (ours - exact).abs() / distance,
                };
                (layer, times)
            })
            .collect();
        let squares = times
            .iter()
            .fold(0.0, |sum, (_, times)| sum + times * times);
        Further {
            kind,
            times: (squares / times.len().max(1) as f64).sqrt(),
            furthest: times.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)),
        }
    }
}

impl fmt::Display for Further {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {:.2}", self.kind, self.times)?;
        match &self.furthest {
            Some((layer, times)) => write!(formatter, " ('{layer}' {times:.2})"),
            None => Ok(()),
        }
    }
}
