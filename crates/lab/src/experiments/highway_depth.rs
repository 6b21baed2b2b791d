//! Plain and highway networks of growing depth, and what the gates do.

mod block;
mod gates;
mod nets;
mod openings;
mod show;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use self::block::Checks;
use self::gates::Gates;
use self::nets::{Layers, Setting, Trained};
use crate::{Claim, Estimate, Exhibit, Experiment, Lab, Paper, Plan};

/// Srivastava 2015's comparison of plain and highway networks of growing depth.
pub struct HighwayDepth;

/// The losses of all networks, and what the gates do.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Networks of each depth, with the setting that serves them best.
    plain: Vec<Trained>,
    highway: Vec<Trained>,
    /// Highway networks of one depth and rate, with other biases of the gates.
    biases: Vec<Trained>,
    /// The highway networks whose gates are looked at.
    looked_at: Trained,
    /// What their gates do, by seed.
    gates: Vec<Gates>,
    checks: Checks,
}

/// A bias at which gates start nearly closed.
const CLOSED: f64 = -4.0;

/// The depth of the networks whose gates are looked at.
const LOOKED_AT: usize = 50;

impl Experiment for HighwayDepth {
    const NAME: &'static str = "highway_depth";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "Gates that let depth train",
            question: "A highway layer has a learned gate that mixes what it makes of its input \
                       with the input itself. Do such layers still train where plain ones of the \
                       same kind no longer do, and what do the gates learn?",
            equation: "<i>y</i> = <i>T</i>(<i>x</i>) <i>H</i>(<i>x</i>) + (1 &minus; \
                       <i>T</i>(<i>x</i>)) <i>x</i>, &emsp; <i>T</i>(<i>x</i>) = \
                       &sigma;(<i>W<sub>T</sub>x</i> + <i>b<sub>T</sub></i>), &emsp; \
                       <i>H</i>(<i>x</i>) = ReLU(<i>W<sub>H</sub>x</i> + <i>b<sub>H</sub></i>); \
                       &emsp; <i>T</i> = 0: <i>y</i> = <i>x</i>; &emsp; <i>T</i> = &frac12;: \
                       2<i>y</i> = <i>x</i> + <i>H</i>(<i>x</i>)",
            papers: &[
                Paper {
                    title: "Srivastava et al. 2015, Highway Networks",
                    link: "https://arxiv.org/abs/1505.00387",
                },
                Paper {
                    title: "Srivastava et al. 2015, Training Very Deep Networks",
                    link: "https://arxiv.org/abs/1507.06228",
                },
            ],
            design: "The paper's depth test: fully connected networks, the first layer and the \
                     classifier plain, between them highway layers of 50 units or plain layers of \
                     71, which have about as many parameters. Weights start by He's rule, biases \
                     at 0. SGD with momentum, a one-cycle schedule, gradients clipped at 1. The \
                     paper searched 100 settings for each kind and depth, the rate among them and \
                     the bias at which gates start. Here each has as many as the other, and is \
                     shown with that of the lowest mean loss in training. Depth counts all layers \
                     with weights. The full profile has 10, 20, 50 and 100 layers, 10,000 images \
                     of MNIST, 10 epochs, and four settings: plain networks the rates 0.1, 0.03, \
                     0.01 and 0.003, highway networks 0.1 and 0.03, each with biases of -3 and -5. \
                     The quick one has 10, 20 and 50 layers, 2,000 digits, 6 epochs, and two \
                     settings: the rates 0.1 and 0.02, and the biases -2 and -4 at a rate of 0.05. \
                     The gates are those of the best highway networks of 50 layers, for the test \
                     images.",
            claims: CLAIMS,
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let depths: &[usize] = lab.pick(&[10, 20, 50], &[10, 20, 50, 100]);
        let settings = (nets::plain(lab), nets::highway(lab));
        let (mut plain, mut highway, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        for &depth in depths {
            plain.push(nets::best(lab, depth, &settings.0)?.0);
            let (trained, of) = nets::best(lab, depth, &settings.1)?;
            if depth == LOOKED_AT {
                runs = of;
            }
            highway.push(trained);
        }
        let looked_at = highway.iter().find(|trained| trained.depth == LOOKED_AT);
        let looked_at = looked_at.context("no networks to look at")?.clone();
        let mut biases = Vec::new();
        for &bias in lab.pick::<&[f64]>(
            &[0.0, -1.0, -2.0, CLOSED],
            &[0.0, -1.0, -2.0, CLOSED, -6.0, -10.0],
        ) {
            let setting = Setting {
                layers: Layers::Highway { bias },
                rate: looked_at.rate,
            };
            biases.push(nets::train(lab, LOOKED_AT, setting)?.0);
        }
        let gates = runs.iter().map(|run| gates::look(lab, run));
        Ok(Measured {
            plain,
            highway,
            biases,
            looked_at,
            gates: gates.collect::<Result<_>>()?,
            checks: block::check(lab)?,
        })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let Measured { plain, highway, .. } = measured;
        let shallow = |kind: &[Trained]| kind[0].losses();
        let deep = |kind: &[Trained]| kind[kind.len() - 1].losses();
        let cost = |kind: &[Trained]| -> Vec<f64> {
            let pairs = deep(kind).into_iter().zip(shallow(kind));
            pairs.map(|(deep, shallow)| deep / shallow).collect()
        };
        let with_bias = |bias| {
            let found = measured
                .biases
                .iter()
                .find(|trained| trained.layers == Layers::Highway { bias });
            found.map(Trained::losses).unwrap_or_default()
        };
        let each = |value: fn(&Gates) -> f64| measured.gates.iter().map(value).collect::<Vec<_>>();
        let checks = &measured.checks;
        vec![
            ratio(&deep(plain), &shallow(plain)),
            ratio(&cost(plain), &cost(highway)),
            ratio(&deep(plain), &deep(highway)),
            ratio(&with_bias(0.0), &with_bias(CLOSED)),
            ratio(
                &each(Gates::trained_deviation),
                &each(Gates::untrained_deviation),
            ),
            Estimate::of_mean(&each(Gates::dispensable)),
            Estimate::exact(checks.closed_digits()),
            Estimate::exact(checks.half_open_digits()),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        show::exhibits(measured)
    }
}

const CLAIMS: &[Claim] = &[
    Claim {
        says: "The deepest plain network has a higher loss in training than the shallowest.",
        effect: "how many times as high, in the last epoch",
        above: 2.0,
    },
    Claim {
        says: "With gates, depth costs less.",
        effect: "how many times as much it costs the plain networks",
        above: 2.0,
    },
    Claim {
        says: "At the greatest depth the highway network learns far better.",
        effect: "how many times as high the plain network's loss in training is",
        above: 5.0,
    },
    Claim {
        says: "Gates that start nearly closed learn better than half open ones.",
        effect: "loss in training with the bias 0, over that with -4, 50 layers",
        above: 1.0,
    },
    Claim {
        says: "Gates learn to open for some classes, and to close for others.",
        effect: "how much gates differ between classes after training, over before",
        above: 2.0,
    },
    Claim {
        says: "Most layers of a trained highway network can be closed, one at a time, with little \
               harm.",
        effect: "part of the layers whose closing costs less than a percent of the test images",
        above: 0.5,
    },
    Claim {
        says: "A closed gate is the identity.",
        effect: "digits to which a layer's output agrees with its input",
        above: 6.0,
    },
    Claim {
        says: "A half open gate is a residual layer, scaled by a half.",
        effect: "digits to which the output agrees with (x + H(x)) / 2",
        above: 6.0,
    },
];

/// How many times as much the first is; not known where a loss is not.
fn ratio(first: &[f64], second: &[f64]) -> Estimate {
    let are_known = |sample: &[f64]| !sample.is_empty() && sample.iter().all(|value| *value > 0.0);
    match are_known(first) && are_known(second) {
        true => Estimate::of_ratio(first, second),
        false => Estimate::unknown(),
    }
}
