//! The networks, and which settings serve them best.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::estimate::mean;
use crate::gather::by_epoch;
use crate::{Lab, Run};

/// What the layers of a network are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Layers {
    Plain,
    Highway {
        /// The value at which the gates' biases start.
        bias: f64,
    },
}

/// Networks that differ in their seeds alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Trained {
    pub layers: Layers,
    pub depth: usize,
    /// The learning rate.
    pub rate: f64,
    /// In training, in the last epoch, by seed; none: not a number.
    pub loss: Vec<Option<f64>>,
    /// The same, by epoch and seed.
    pub curve: Vec<Vec<f64>>,
    /// By seed.
    pub test_error: Vec<f64>,
}

impl Trained {
    fn of(layers: Layers, depth: usize, rate: f64, runs: &[Run]) -> Result<Self> {
        Ok(Self {
            layers,
            depth,
            rate,
            loss: runs.iter().map(|run| run.last_train("loss").ok()).collect(),
            curve: by_epoch(runs, |epoch| epoch.train.get("loss").copied()),
            test_error: runs.iter().map(Run::test_error).collect::<Result<_>>()?,
        })
    }

    /// The losses, where all are numbers; else none.
    pub fn losses(&self) -> Vec<f64> {
        let losses: Option<Vec<f64>> = self.loss.iter().copied().collect();
        losses.unwrap_or_default()
    }

    /// The mean loss, by which settings are compared.
    fn mean_loss(&self) -> f64 {
        match &self.losses()[..] {
            [] => f64::INFINITY,
            losses => mean(losses),
        }
    }
}

/// What is searched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub layers: Layers,
    pub rate: f64,
}

/// The settings of plain networks.
pub(super) fn plain(lab: &Lab<'_>) -> Vec<Setting> {
    let rates: &[f64] = lab.pick(&[0.1, 0.02], &[0.1, 0.03, 0.01, 0.003]);
    let setting = |&rate| Setting {
        layers: Layers::Plain,
        rate,
    };
    rates.iter().map(setting).collect()
}

/// The settings of highway networks, as many.
pub(super) fn highway(lab: &Lab<'_>) -> Vec<Setting> {
    let (rates, biases): (&[f64], &[f64]) =
        lab.pick((&[0.05], &[-2.0, -4.0]), (&[0.1, 0.03], &[-3.0, -5.0]));
    let with_rate = |&bias: &f64| {
        rates.iter().map(move |&rate| Setting {
            layers: Layers::Highway { bias },
            rate,
        })
    };
    biases.iter().flat_map(with_rate).collect()
}

/// Trains networks of all seeds with each setting: those of the best one.
pub(super) fn best(
    lab: &mut Lab<'_>,
    depth: usize,
    settings: &[Setting],
) -> Result<(Trained, Vec<Run>)> {
    let mut best: Option<(Trained, Vec<Run>)> = None;
    for &setting in settings {
        let found = train(lab, depth, setting)?;
        let is_better = |(old, _): &(Trained, _)| found.0.mean_loss() < old.mean_loss();
        if best.as_ref().is_none_or(is_better) {
            best = Some(found);
        }
    }
    best.context("no settings")
}

/// Trains networks of all seeds with a setting.
pub(super) fn train(
    lab: &mut Lab<'_>,
    depth: usize,
    Setting { layers, rate }: Setting,
) -> Result<(Trained, Vec<Run>)> {
    let name = match layers {
        Layers::Plain => format!("plain {depth}, rate {rate}"),
        Layers::Highway { bias } => format!("highway {depth}, bias {bias}, rate {rate}"),
    };
    let recipe = recipe(lab, layers, depth, rate);
    let runs = lab.train_seeds(&name, &recipe)?;
    Ok((Trained::of(layers, depth, rate, &runs)?, runs))
}

fn recipe(lab: &Lab<'_>, layers: Layers, depth: usize, rate: f64) -> Value {
    let he = json!({"KaimingNormal": {"gain": 2f64.sqrt(), "fan_out_only": false}});
    let mut encoder = json!({"depth": depth, "initializer": he});
    match layers {
        Layers::Plain => {
            encoder["plain"] = true.into();
            encoder["units"] = 71.into();
        }
        Layers::Highway { bias } => encoder["gate_bias"] = bias.into(),
    }
    let data = lab.digits(lab.pick(2_000, 10_000));
    json!({
        "data": data,
        "model": {"name": "highway10", "encoder": encoder},
        "run": {"epochs": lab.pick(6, 10), "batch_size": lab.pick(64, 128), "on_nan": "skip"},
        "optimizer": {"name": "sgd", "lr": rate, "clip": 1.0},
        "schedule": {"name": "onecycle", "warm_up": 0.2},
        "augmentation": [],
    })
}
