//! What the gates of a trained network do.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use burn::data::dataloader::DataLoader;
use burn::tensor::Device;
use models::{Encoder, HighwayNet, Model};
use serde::{Deserialize, Serialize};
use skip_blocks::Join;
use skip_blocks::layers::Linear;
use train::Learned;
use train::data::Batch;

use super::block::SHUT;
use super::openings::{Spread, Table};
use crate::estimate::mean;
use crate::{Lab, Run};

/// What the gates of a network do with the test images.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Gates {
    /// The classes' names.
    pub classes: Vec<String>,
    /// How far the gates of each layer open.
    pub spread: Spread,
    /// The same of a network that has learned nothing.
    pub untrained: Spread,
    /// How far they would open by their biases alone, by layer.
    pub by_bias: Vec<f64>,
    /// The part of the test images that are taken for another class.
    pub error: f64,
    /// The same with each layer's gates closed.
    pub closed: Vec<f64>,
}

impl Gates {
    /// How much gates differ between classes, averaged over layers.
    pub fn trained_deviation(&self) -> f64 {
        mean(&self.spread.deviation)
    }

    /// The same before training.
    pub fn untrained_deviation(&self) -> f64 {
        mean(&self.untrained.deviation)
    }

    /// The part of the layers whose closing costs less than a percent of the test images.
    pub fn dispensable(&self) -> f64 {
        let harmless = |error: &&f64| **error - self.error < 0.01;
        self.closed.iter().filter(harmless).count() as f64 / self.closed.len().max(1) as f64
    }
}

/// Looks at the gates of a run's network.
pub(super) fn look(lab: &mut Lab<'_>, run: &Run) -> Result<Gates> {
    lab.say(&format!("the gates of '{}', seed {}", run.name, run.seed));
    lab.kept(("gates", run.id()), |device| {
        let learned = run.learned(device)?;
        let loader = learned.to_test(device)?;
        let batches: Vec<_> = loader.iter().collect::<Result<_, _>>()?;
        let model = &learned.model;
        device.seed(run.seed);
        let untrained = learned.config.init(device);
        let layers = 0..highways(model)?.highways.len();
        let closed = layers.clone().map(|layer| {
            let closed = closed(model, layer, device)?;
            error(&closed, &batches)
        });
        Ok(Gates {
            closed: closed.collect::<Result<_>>()?,
            by_bias: layers
                .map(|layer| by_bias(model, layer))
                .collect::<Result<_>>()?,
            error: error(model, &batches)?,
            spread: openings(model, &learned, &batches)?,
            untrained: openings(&untrained, &learned, &batches)?,
            classes: learned.problem.classes,
        })
    })
}

/// How far the gates of a network open for the images.
fn openings(model: &Model, learned: &Learned, batches: &[Batch]) -> Result<Spread> {
    let layers = highways(model)?.highways.len();
    let classes = learned.problem.classes.len();
    let mut tables = vec![Table::new(classes); layers];
    let seam = model.seam(&learned.config).watch("highways.*.gate")?;
    for batch in batches {
        let (_, record) = seam.run(|| model.forward(batch.images.clone()));
        // A gate is seen before its sigmoid and after it; what is seen last stays.
        let seen = record.seen().iter().map(|seen| (seen.path(), seen));
        let seen: BTreeMap<_, _> = seen.collect();
        let labels = labels(batch)?;
        for (layer, table) in tables.iter_mut().enumerate() {
            let path = format!("highways.{layer}.gate");
            let seen = seen.get(path.as_str()).context("a layer without a gate")?;
            let values: Vec<f32> = seen.values().into_data().try_to_vec()?;
            let units = values.len() / labels.len();
            for (label, values) in labels.iter().zip(values.chunks(units)) {
                table.add(*label, values);
            }
        }
    }
    Ok(Spread::of(&tables))
}

/// The same network with the gates of a layer closed, whatever comes.
fn closed(model: &Model, layer: usize, device: &Device) -> Result<Model> {
    let mut model = model.clone();
    let Encoder::Highway(net) = &mut model.encoder else {
        None.context(NO_HIGHWAY)?
    };
    let layer = &mut net.highways[layer];
    let [units, _] = layer.transform.weight.dims();
    layer.gate = Some(Join::linear_gate(units, SHUT, device));
    Ok(model)
}

/// How far the gates of a layer would open if they saw nothing, averaged over units.
fn by_bias(model: &Model, layer: usize) -> Result<f64> {
    let bias = gate(model, layer)?
        .bias
        .as_ref()
        .context("a gate without a bias")?;
    let biases = bias.val().into_data();
    let opening = |bias: f64| 1.0 / (1.0 + (-bias).exp());
    Ok(mean(&biases.iter::<f64>().map(opening).collect::<Vec<_>>()))
}

fn gate(model: &Model, layer: usize) -> Result<&Linear> {
    match &highways(model)?.highways[layer].gate {
        Some(Join::LinearGate(gate)) => Ok(gate),
        _ => None.context(NO_HIGHWAY),
    }
}

const NO_HIGHWAY: &str = "the network is no highway network";

fn highways(model: &Model) -> Result<&HighwayNet> {
    match &model.encoder {
        Encoder::Highway(net) => Ok(net),
        _ => None.context(NO_HIGHWAY),
    }
}

/// The part of the images that are taken for another class.
fn error(model: &Model, batches: &[Batch]) -> Result<f64> {
    let (mut wrong, mut images) = (0, 0);
    for batch in batches {
        let answers = model.forward(batch.images.clone()).swap_remove(0);
        let answers = answers.argmax(1).into_data();
        let pairs = answers.iter::<i64>().zip(labels(batch)?);
        wrong += pairs
            .filter(|(answer, label)| *answer != *label as i64)
            .count();
        images += batch.images.dims()[0];
    }
    Ok(wrong as f64 / images.max(1) as f64)
}

/// The class of each image.
fn labels(batch: &Batch) -> Result<Vec<usize>> {
    let classes = batch.targets.classes().context("images without classes")?;
    let classes = classes.clone().into_data();
    Ok(classes.iter::<i64>().map(|class| class as usize).collect())
}
