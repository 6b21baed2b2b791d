//! How alike gradients at nearby inputs are, in plain and residual networks as they start.

mod alike;
mod line;
mod settled;
mod show;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::line::{IMAGES, POINTS, Seen, along_lines};
use crate::estimate::differences;
use crate::{Claim, Estimate, Exhibit, Experiment, Lab, Paper, Plan, Profile, RunPlan};

/// Balduzzi 2017's correlation of gradients, by distance and depth.
pub struct Shattered;

/// The gradients of each kind of network, the shallowest first.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    plain: Vec<Depth>,
    residual: Vec<Depth>,
}

/// The networks of a depth.
#[derive(Debug, Serialize, Deserialize)]
struct Depth {
    layers: usize,
    /// By seed.
    seen: Vec<Seen>,
}

/// Points that are next to each other.
const NEIGHBOURS: usize = 1;

/// Points that are a little apart.
const APART: usize = 4;

/// A correlation below this is taken for this: it is as low as that of noise, whose logarithm says
/// nothing.
const NOISE: f64 = 0.01;

impl Experiment for Shattered {
    const NAME: &'static str = "shattered";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "Gradients of deep plain networks shatter",
            question: "A step down the gradient leads down as long as the gradient stays much the \
                       same on the way. With batch normalisation it is long enough in deep plain \
                       networks, too. But does it say anything of the points nearby, before the \
                       network has learned anything?",
            equation: "<i>r</i>(<i>L</i>) = correlation of <i>&part;f</i>/<i>&part;x</i> at two \
                       inputs, for <i>L</i> layers &emsp; plain: <i>r</i> &sim; \
                       1/2<sup><i>L</i></sup> &emsp; residual: <i>r</i> &sim; \
                       1/&radic;<i>L</i>",
            papers: &[Paper {
                title: "Balduzzi et al. 2017, The Shattered Gradients Problem: If resnets are the \
                        answer, then what is the question?",
                link: "https://arxiv.org/abs/1702.08591",
            }],
            design: "CIFAR ResNets with parameter-free shortcuts (option A), and their plain twins: \
                     with each seed the same weights, without the additions. Nothing is trained. \
                     Straight lines lead from an image to another, 8 for each seed, with 64 points \
                     each; at each the gradient of the first logit by the input is taken. The \
                     correlation of two gradients is the cosine of the angle between them: over \
                     draws of the weights, the mean of a gradient is zero. Batch normalisation \
                     divides by the statistics of a batch of 128 images, which the network would \
                     have in its first step, and which stay as they are: in training mode the \
                     points of a line would be each other's statistics, and a gradient would not be \
                     a point's own. The full profile has 8, 20, 32, 44, 56 and 110 layers of the \
                     paper's width, and CIFAR-10; the quick one 8, 20, 32 and 56 layers of half \
                     the width, and digits. The paper takes networks of one input and one output, \
                     200 units wide.",
            claims: &[
                Claim {
                    says: "In the deepest plain network gradients at neighbouring points are as \
                           white noise: they have nothing in common.",
                    effect: "1 less the correlation of neighbours, plain, deepest",
                    above: 0.9,
                },
                Claim {
                    says: "It is depth that does it: in the shallowest plain network they are much \
                           the same.",
                    effect: "correlation of neighbours, plain, shallowest less deepest",
                    above: 0.5,
                },
                Claim {
                    says: "At the greatest depth shortcuts keep them alike.",
                    effect: "correlation of neighbours, deepest, residual less plain",
                    above: 0.3,
                },
                Claim {
                    says: "With shortcuts depth costs less than without.",
                    effect: "correlation of neighbours that is lost from the shallowest to the \
                             deepest, plain less residual",
                    above: 0.25,
                },
                Claim {
                    says: "A layer costs a plain network more than three times as much.",
                    effect: "logarithm of the correlation of neighbours that a layer costs, from \
                             the shallowest to the next, plain less three times residual, in \
                             percent",
                    above: 0.0,
                },
                Claim {
                    says: "With shortcuts it does not fall exponentially: the more layers there \
                           are, the less a further one costs.",
                    effect: "logarithm of the correlation of points 4 apart that a layer costs, \
                             residual, from the shallowest to the next less from there to the \
                             deepest, in percent",
                    above: 0.0,
                },
            ],
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        Ok(Measured {
            plain: depths(lab, "plain", "plain")?,
            residual: depths(lab, "residual", "zero_pad")?,
        })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let Measured { plain, residual } = measured;
        let deepest = |kind: &[Depth]| kind[kind.len() - 1].at(NEIGHBOURS);
        let unlike: Vec<_> = deepest(plain).iter().map(|value| 1.0 - value).collect();
        let thrice: Vec<_> = cost(residual, [0, 1], NEIGHBOURS)
            .iter()
            .map(|cost| 3.0 * cost)
            .collect();
        let last = residual.len() - 1;
        vec![
            Estimate::of_mean(&unlike),
            Estimate::of_difference(&plain[0].at(NEIGHBOURS), &deepest(plain)),
            Estimate::of_difference(&deepest(residual), &deepest(plain)),
            Estimate::of_difference(&fall(plain), &fall(residual)),
            Estimate::of_difference(&cost(plain, [0, 1], NEIGHBOURS), &thrice),
            Estimate::of_difference(
                &cost(residual, [0, 1], APART),
                &cost(residual, [1, last], APART),
            ),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        show::exhibits(measured)
    }
}

impl Depth {
    /// The correlation of gradients so many points apart, by seed.
    fn at(&self, lag: usize) -> Vec<f64> {
        self.seen.iter().map(|seen| seen.correlation[lag]).collect()
    }
}

/// The networks of a kind, of all depths.
fn depths(lab: &mut Lab<'_>, name: &str, shortcut: &str) -> Result<Vec<Depth>> {
    let layers: &[usize] = lab.pick(&[8, 20, 32, 56], &[8, 20, 32, 44, 56, 110]);
    let lines = match lab.profile() {
        Profile::Tiny => 1,
        Profile::Quick | Profile::Full => 8,
    };
    let mut depths = Vec::new();
    for &layers in layers {
        let recipe = recipe(lab, shortcut, layers);
        let mut seen = Vec::new();
        for seed in lab.seeds() {
            let plan = RunPlan::new(format!("{name} {layers}"), seed, recipe.clone());
            let key = ("gradients along lines", lines, POINTS, IMAGES);
            seen.push(lab.at_start(&plan, key, |start| along_lines(start, lines))?);
        }
        depths.push(Depth { layers, seen });
    }
    Ok(depths)
}

fn recipe(lab: &Lab<'_>, shortcut: &str, layers: usize) -> Value {
    let blocks = (layers - 2) / 6;
    json!({
        "data": lab.classes(None),
        "model": {
            "name": "resnet20",
            "encoder": {
                "blocks": [blocks, blocks, blocks],
                "shortcut": shortcut,
                "width": lab.pick(8, 16),
            },
        },
    })
}

/// How much less alike neighbours are in the deepest than in the shallowest, by seed.
fn fall(kind: &[Depth]) -> Vec<f64> {
    let [first, last] = [0, kind.len() - 1].map(|place| kind[place].at(NEIGHBOURS));
    differences(&first, &last)
}

/// What a layer costs, in percent, between two of the depths: how much the logarithm of the
/// correlation falls, by seed.
fn cost(kind: &[Depth], [from, to]: [usize; 2], lag: usize) -> Vec<f64> {
    let layers = (kind[to].layers - kind[from].layers) as f64;
    let logarithms = |place: usize| kind[place].at(lag).into_iter().map(logarithm);
    let pairs = logarithms(from).zip(logarithms(to));
    pairs
        .map(|(from, to)| 100.0 * (from - to) / layers)
        .collect()
}

fn logarithm(correlation: f64) -> f64 {
    correlation.max(NOISE).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Networks whose correlation is a function of their layers, at all distances.
    fn kind(correlation: fn(f64) -> f64) -> Vec<Depth> {
        let depth = |layers: usize| Depth {
            layers,
            seen: vec![
                Seen {
                    correlation: vec![correlation(layers as f64); APART + 1],
                    slope: Vec::new(),
                    picture: String::new(),
                };
                2
            ],
        };
        [8, 20, 56].map(depth).into()
    }

    #[test]
    fn an_exponential_costs_the_same_for_each_layer_and_a_power_less_and_less() {
        let between = |kind: &[Depth], places| cost(kind, places, APART)[0];
        let exponential = kind(|layers| (-0.05 * layers).exp());
        for places in [[0, 1], [1, 2]] {
            assert!((between(&exponential, places) - 5.0).abs() < 1e-9);
        }
        let power = kind(|layers| layers.powf(-0.5));
        assert!(between(&power, [0, 1]) > 2.0 * between(&power, [1, 2]));
    }

    #[test]
    fn what_shatters_without_shortcuts_and_not_with_them_has_all_effects() {
        let measured = Measured {
            plain: kind(|layers| 0.5_f64.powf(layers / 10.0)),
            residual: kind(|layers| layers.powf(-0.1)),
        };
        let effects = Shattered::effects(&measured);
        let claims = Shattered::plan().claims;
        assert_eq!(effects.len(), claims.len());
        let found = |place: usize| effects[place].value;
        assert!((found(0) - (1.0 - 0.5_f64.powf(5.6))).abs() < 1e-9);
        assert!((found(1) - (0.5_f64.powf(0.8) - 0.5_f64.powf(5.6))).abs() < 1e-9);
        assert!((found(2) - (56_f64.powf(-0.1) - 0.5_f64.powf(5.6))).abs() < 1e-9);
        for (place, claim) in claims.iter().enumerate() {
            assert!(
                found(place) > claim.above,
                "{}: {}",
                claim.says,
                found(place)
            );
        }
    }

    #[test]
    fn a_correlation_as_low_as_noise_has_the_logarithm_of_noise() {
        assert_eq!(logarithm(-0.3), NOISE.ln());
        assert_eq!(logarithm(0.5), 0.5_f64.ln());
    }
}
