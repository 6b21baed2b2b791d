//! Whatever is done to the shortcut, it is best left alone.

mod kinds;
mod openings;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::kinds::{KINDS, Kind};
use self::openings::openings;
use crate::estimate::{percent, percents};
use crate::figure::{Axis, Bars, Group, Lines, Series};
use crate::gather::{by_epoch, by_place};
use crate::{Claim, Epoch, Estimate, Exhibit, Experiment, Lab, Paper, Plan, Run};

/// He 2016's comparison of what a residual block's shortcut may be.
pub struct Shortcuts;

/// What each kind of shortcut came to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    kinds: Vec<Learned>,
    /// Of those with gates: the part of the shortcut that is let through.
    openings: Vec<Openings>,
}

/// The networks with a kind of shortcut.
#[derive(Debug, Serialize, Deserialize)]
struct Learned {
    kind: String,
    parameters: usize,
    /// By seed.
    test_error: Vec<f64>,
    /// By epoch, and seed.
    train_error: Vec<Vec<f64>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Openings {
    kind: String,
    /// By block, and seed.
    blocks: Vec<Vec<f64>>,
}

/// Test error of two kinds that a claim compares: of the first, less of the second.
const COMPARED: [[&str; 2]; 9] = [
    ["halved", "identity"],
    ["both halved", "identity"],
    ["exclusive gate, 0", "identity"],
    ["shortcut gate, 0", "identity"],
    ["1x1 convolution", "identity"],
    ["dropout", "identity"],
    ["shortcut gate, 0", "shortcut gate, -6"],
    ["1x1 convolution", "option B"],
    ["identity", "pre-activation"],
];

/// The kinds whose learning is drawn: more would hide each other.
const CURVES: [&str; 6] = [
    "identity",
    "halved",
    "exclusive gate, 0",
    "shortcut gate, 0",
    "1x1 convolution",
    "dropout",
];

impl Experiment for Shortcuts {
    const NAME: &'static str = "shortcuts";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "The shortcut is best left alone",
            question: "A shortcut hands on its input as it is. Would it not be better if the network \
                       could weigh it, gate it, or transform it?",
            equation: "<i>y</i> = <i>h</i>(<i>x</i>) + <i>F</i>(<i>x</i>), identity: \
                       <i>h</i>(<i>x</i>) = <i>x</i>. With <i>h</i>(<i>x</i>) = λ<i>x</i>, what goes \
                       past <i>n</i> blocks, and its gradient on the way back, is multiplied by \
                       λ<sup><i>n</i></sup>",
            papers: &[
                Paper {
                    title: "He et al. 2016, Identity Mappings in Deep Residual Networks",
                    link: "https://arxiv.org/abs/1603.05027",
                },
                Paper {
                    title: "He et al. 2015, Deep Residual Learning for Image Recognition",
                    link: "https://arxiv.org/abs/1512.03385",
                },
            ],
            design: "CIFAR ResNets with parameter-free shortcuts where the shape changes (option A), \
                     activated after the sum, as in the paper. Each has another shortcut in all of \
                     its blocks; option B has projections where the shape changes alone, and the last \
                     activates before its convolutions. The paper has 110 layers, 64,000 steps of \
                     128 images and all of CIFAR-10; the full profile 44 layers of width 8 and \
                     8,000 of its images, the quick one 20 layers and 800 of the small digits. SGD \
                     with momentum 0.9, one-cycle schedule; gradients are shortened to the norm 1, \
                     without which dropout makes the loss explode. Few epochs: differences are \
                     those of early learning.",
            claims: &[
                Claim {
                    says: "A shortcut that is halved costs accuracy.",
                    effect: "test error, halved less identity, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "So does halving both paths.",
                    effect: "test error, both halved less identity, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "So does an exclusive gate that starts half open.",
                    effect: "test error, exclusive gate less identity, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "So does a gate on the shortcut alone that starts half open.",
                    effect: "test error, shortcut gate less identity, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "So does a 1x1 convolution, which could learn the identity.",
                    effect: "test error, 1x1 convolution less identity, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "So does dropout on the shortcut.",
                    effect: "test error, dropout less identity, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "A gate that starts next to the identity does less harm than one that \
                           starts half open.",
                    effect: "test error, shortcut gate of bias 0 less that of bias -6, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "A projection where the shape changes does less harm than one in every \
                           block.",
                    effect: "test error, 1x1 convolution less option B, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "With nothing after the sum either, it is better still.",
                    effect: "test error, identity less pre-activation, in percent",
                    above: 0.0,
                },
            ],
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let mut measured = Measured {
            kinds: Vec::new(),
            openings: Vec::new(),
        };
        for kind in &KINDS {
            let recipe = recipe(lab, kind);
            let runs = lab.train_seeds(kind.name, &recipe)?;
            let test_error = runs.iter().map(Run::test_error);
            measured.kinds.push(Learned {
                kind: kind.name.to_string(),
                parameters: runs[0].summary.parameters,
                test_error: test_error.collect::<Result<_>>()?,
                train_error: by_epoch(&runs, Epoch::train_error),
            });
            if kind.name.contains("gate") {
                let opening = runs.iter().map(|run| openings(lab, run));
                measured.openings.push(Openings {
                    kind: kind.name.to_string(),
                    blocks: by_place(&opening.collect::<Result<Vec<_>>>()?),
                });
            }
        }
        Ok(measured)
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let errors = |name: &str| -> Vec<f64> {
            let kind = measured.kinds.iter().find(|learned| learned.kind == name);
            kind.map_or(Vec::new(), |learned| percent(&learned.test_error))
        };
        let difference =
            |[first, second]: [&str; 2]| Estimate::of_difference(&errors(first), &errors(second));
        COMPARED.into_iter().map(difference).collect()
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        vec![
            Exhibit::figure(
                "Error on the test images; the lines go from the best to the worst seed.",
                test_errors(measured),
            ),
            Exhibit::table(
                "Test errors beside those of the paper: ResNet-110, all of CIFAR-10, 64,000 steps, \
                 median of five runs (tables 1 and 2). What failed there had more than 20 %.",
                &[
                    "shortcut",
                    "block",
                    "parameters",
                    "test error (%)",
                    "paper (%)",
                ],
                measured.kinds.iter().map(row),
            ),
            Exhibit::figure(
                "Error on the training images, epoch by epoch.",
                curves(measured),
            ),
            Exhibit::figure(
                "How far gates let the shortcut through, after training: the mean of 1 - g in each \
                 block, over the first test images. Of a direct way past all blocks there is left \
                 what the product of these is.",
                gates(measured),
            ),
        ]
    }
}

fn recipe(lab: &Lab<'_>, kind: &Kind) -> Value {
    let blocks = lab.pick(3, 7);
    let data = lab.classes(lab.pick(800, 8000));
    let mut encoder = (kind.encoder)();
    encoder["blocks"] = json!([blocks, blocks, blocks]);
    encoder["width"] = 8.into();
    json!({
        "data": data,
        "model": {"name": "resnet20", "encoder": encoder},
        "run": {"epochs": lab.pick(2, 4), "batch_size": lab.pick(16, 32)},
        "optimizer": {"name": "sgd", "lr": lab.pick(0.3, 0.1), "weight_decay": 1e-4, "clip": 1.0},
        "schedule": {"name": "onecycle", "warm_up": 0.2},
    })
}

fn row(learned: &Learned) -> Vec<String> {
    let kind = KINDS.iter().find(|kind| kind.name == learned.kind);
    let error = Estimate::of_mean(&percent(&learned.test_error));
    vec![
        learned.kind.clone(),
        kind.map_or("", |kind| kind.equation).to_string(),
        learned.parameters.to_string(),
        error.with_interval(2),
        kind.map_or("", |kind| kind.paper).to_string(),
    ]
}

fn test_errors(measured: &Measured) -> String {
    let group = |learned: &Learned| Group {
        label: learned.kind.clone(),
        bars: vec![percent(&learned.test_error)],
    };
    Bars {
        y: Axis::linear("test error (%)"),
        names: vec!["test error".to_string()],
        groups: measured.kinds.iter().map(group).collect(),
    }
    .svg()
}

fn curves(measured: &Measured) -> String {
    let shown = measured
        .kinds
        .iter()
        .filter(|learned| CURVES.contains(&learned.kind.as_str()));
    let series =
        |learned: &Learned| Series::numbered(&learned.kind, &percents(&learned.train_error));
    Lines {
        x: Axis::linear("epoch"),
        y: Axis::linear("error in training (%)"),
        series: shown.map(series).collect(),
        level: None,
    }
    .svg()
}

fn gates(measured: &Measured) -> String {
    let series = |openings: &Openings| Series::numbered(&openings.kind, &openings.blocks);
    Lines {
        x: Axis::linear("block"),
        y: Axis::linear("part of the shortcut that is let through"),
        series: measured.openings.iter().map(series).collect(),
        level: None,
    }
    .svg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_compares_kinds_that_there_are() {
        assert_eq!(COMPARED.len(), Shortcuts::plan().claims.len());
        for name in COMPARED.as_flattened().iter().chain(&CURVES) {
            assert!(KINDS.iter().any(|kind| kind.name == *name), "{name}");
        }
    }
}
