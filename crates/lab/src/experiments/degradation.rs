//! Deeper plain networks train worse; residual ones do not.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::narrow;
use crate::estimate::{differences, percent, percents};
use crate::figure::{Axis, Lines, Series};
use crate::gather::by_epoch;
use crate::{Claim, Epoch, Estimate, Exhibit, Experiment, Lab, Paper, Plan, Run};

/// He 2015's comparison of plain and residual networks of growing depth.
pub struct Degradation;

/// The errors of each kind of network.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    plain: Vec<Depth>,
    residual: Vec<Depth>,
    /// Error in training by epoch, of the shallowest and the deepest, plain and residual.
    curves: Vec<Curve>,
}

/// The networks of a depth.
#[derive(Debug, Serialize, Deserialize)]
struct Depth {
    layers: usize,
    /// In the last epoch, by seed.
    train_error: Vec<f64>,
    test_error: Vec<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Curve {
    name: String,
    /// By epoch, and seed.
    train_error: Vec<Vec<f64>>,
}

impl Experiment for Degradation {
    const NAME: &'static str = "degradation";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "Deeper plain networks train worse",
            question: "A deeper network can do all that a shallower one can: its further layers need \
                       only pass on what they get. So it should never be worse. Is it?",
            equation: "plain: <i>y</i> = <i>F</i>(<i>x</i>) &emsp; residual: <i>y</i> = <i>F</i>(<i>x</i>) + <i>x</i>",
            papers: &[Paper {
                title: "He et al. 2015, Deep Residual Learning for Image Recognition",
                link: "https://arxiv.org/abs/1512.03385",
            }],
            design: "CIFAR ResNets with parameter-free shortcuts (option A), and their plain twins: \
                     the same layers and parameters, without the additions. They are half as wide as \
                     the paper's. The full profile has 20, 32, 44, 56 and 110 layers, and 10,000 \
                     images of CIFAR-10 for 12 epochs; the quick one 8, 20 and 56 layers, and 2,000 \
                     digits for 3 epochs. All learn by one recipe: SGD with Nesterov's momentum, \
                     one-cycle schedule, batches of 64.",
            claims: &[
                Claim {
                    says: "The deepest plain network has a higher error in training than the \
                           shallowest.",
                    effect: "error in training, deepest less shallowest, plain, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "With shortcuts it has not: depth costs less than it costs the plain \
                           networks.",
                    effect: "that of the plain less that of the residual networks, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "At the greatest depth the residual network is better on test images.",
                    effect: "test error at the greatest depth, plain less residual, in percent",
                    above: 0.0,
                },
            ],
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let depths: &[usize] = lab.pick(&[8, 20, 56], &[20, 32, 44, 56, 110]);
        let mut kinds = Vec::new();
        let mut curves = Vec::new();
        let ends = [depths[0], depths[depths.len() - 1]];
        for kind in ["plain", "residual"] {
            let mut rows = Vec::new();
            for &layers in depths {
                let name = format!("{kind} {layers}");
                let recipe = recipe(lab, kind, layers);
                let runs = lab.train_seeds(&name, &recipe)?;
                rows.push(Depth {
                    layers,
                    train_error: runs.iter().map(Run::train_error).collect::<Result<_>>()?,
                    test_error: runs.iter().map(Run::test_error).collect::<Result<_>>()?,
                });
                if ends.contains(&layers) {
                    curves.push(Curve {
                        name,
                        train_error: by_epoch(&runs, Epoch::train_error),
                    });
                }
            }
            kinds.push(rows);
        }
        let residual = kinds.pop().expect("two kinds");
        let plain = kinds.pop().expect("two kinds");
        Ok(Measured {
            plain,
            residual,
            curves,
        })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let Measured {
            plain, residual, ..
        } = measured;
        let cost = |kind: &[Depth]| -> Vec<f64> {
            let (first, last) = (&kind[0], &kind[kind.len() - 1]);
            differences(&percent(&last.train_error), &percent(&first.train_error))
        };
        let test = |kind: &[Depth]| -> Vec<f64> { percent(&kind[kind.len() - 1].test_error) };
        vec![
            Estimate::of_mean(&cost(plain)),
            Estimate::of_difference(&cost(plain), &cost(residual)),
            Estimate::of_difference(&test(plain), &test(residual)),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        let kinds = [("plain", &measured.plain), ("residual", &measured.residual)];
        let by_depth = |error: fn(&Depth) -> &[f64]| {
            let series = kinds.map(|(name, depths)| {
                let points = depths
                    .iter()
                    .map(|depth| (depth.layers as f64, percent(error(depth))));
                Series::new(name, points.collect())
            });
            series.to_vec()
        };
        let figure = |y: &str, series| {
            Lines {
                x: Axis::linear("layers"),
                y: Axis::linear(y),
                series,
                level: None,
            }
            .svg()
        };
        let curves = measured
            .curves
            .iter()
            .map(|curve| Series::numbered(&curve.name, &percents(&curve.train_error)));
        let curves = Lines {
            x: Axis::linear("epoch"),
            y: Axis::logarithmic("error in training (%)"),
            series: curves.collect(),
            level: None,
        };
        vec![
            Exhibit::figure(
                "Error on the training images in the last epoch, by depth.",
                figure(
                    "error in training (%)",
                    by_depth(|depth| &depth.train_error),
                ),
            ),
            Exhibit::figure(
                "Error on the test images, by depth.",
                figure("test error (%)", by_depth(|depth| &depth.test_error)),
            ),
            Exhibit::figure(
                "Error in training of the shallowest and the deepest networks, epoch by epoch.",
                curves.svg(),
            ),
            Exhibit::reported(
                "The paper's figures on CIFAR-10, for comparison: 64,000 steps of 128 images, one \
                 run (table 6), for residual networks of 110 layers the best of five.",
                ["layers", "residual, test error (%)"],
                &[
                    ["20", "8.75"],
                    ["32", "7.51"],
                    ["44", "7.17"],
                    ["56", "6.97"],
                    ["110", "6.43"],
                ],
            ),
        ]
    }
}

fn recipe(lab: &Lab<'_>, kind: &str, layers: usize) -> Value {
    let shortcut = match kind {
        "plain" => "plain",
        _ => "zero_pad",
    };
    let blocks = (layers - 2) / 6;
    let data = lab.classes(lab.pick(2_000, 10_000));
    narrow::recipe(data, blocks, shortcut, lab.pick(3, 12), 64)
}
