//! What comes of a gradient on its way back through plain and skip-connected networks.

mod alive;
mod chain;
mod nets;
mod show;
mod watch;

use std::collections::BTreeMap;

use anyhow::{Error, Result, ensure};
use serde::{Deserialize, Serialize};
use skip_blocks::layers::{Act, NormKind};

use self::chain::{factors, gain, logarithm};
use self::nets::{Kind, Net, nets};
use self::watch::Gradients;
use crate::{Claim, Estimate, Exhibit, Experiment, Lab, Paper, PartSeen, Plan, RunPlan};

/// The norm of the gradient by depth, at the start and through training.
pub struct GradientFlow;

/// The gradients of all networks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(try_from = "Read")]
pub struct Measured {
    flows: Vec<Flow>,
}

/// The same, where something may be missing.
#[derive(Deserialize)]
struct Read {
    flows: Vec<Flow>,
}

impl TryFrom<Read> for Measured {
    type Error = Error;

    fn try_from(Read { flows }: Read) -> Result<Self> {
        for net in nets() {
            let is_there = flows.iter().any(|flow| flow.net == net);
            ensure!(is_there, "the network '{}' is missing", net.name());
        }
        let seeds = flows.first().map_or(0, |flow| flow.norms.len());
        for flow in &flows {
            ensure!(
                seeds > 0 && flow.norms.len() == seeds && flow.is_whole(),
                "norms of the network '{}' are missing",
                flow.net.name()
            );
        }
        Ok(Self { flows })
    }
}

/// The gradients of a network's parts.
#[derive(Debug, Serialize, Deserialize)]
struct Flow {
    net: Net,
    /// The parts' paths, from the image to the answer.
    parts: Vec<String>,
    /// After how many steps was looked.
    steps: Vec<usize>,
    /// The norm of the loss's gradient, by seed, step and part.
    norms: Vec<Vec<Vec<f64>>>,
    /// The loss in training in the last epoch, by seed.
    loss: Vec<Option<f64>>,
}

impl Experiment for GradientFlow {
    const NAME: &'static str = "gradient_flow";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "What becomes of the gradient on its way back",
            question: "A layer learns from the gradient that reaches it. On its way back through a \
                       deep network a gradient is multiplied once for each layer. If the factors \
                       are below one, what is left for the first layers? And if there are \
                       shortcuts?",
            equation: "plain: <i>&part;L</i>/<i>&part;x<sub>l</sub></i> = \
                       <i>&part;L</i>/<i>&part;x<sub>n</sub></i> &middot; \
                       <i>F</i>&prime;<sub><i>n</i></sub> &middot; .. &middot; \
                       <i>F</i>&prime;<sub><i>l</i>+1</sub> &emsp; residual: \
                       <i>&part;L</i>/<i>&part;x<sub>l</sub></i> = \
                       <i>&part;L</i>/<i>&part;x<sub>n</sub></i> &middot; \
                       (1 + <i>F</i>&prime;<sub><i>n</i></sub>) &middot; .. &middot; \
                       (1 + <i>F</i>&prime;<sub><i>l</i>+1</sub>)",
            papers: PAPERS,
            design: "Networks of three stages of equally many blocks: plain and residual blocks \
                     that activate first, so that nothing stands on the shortcut; layers of a \
                     DenseNet; convolutional highway layers with a gate's bias of -2. Plain, \
                     residual and dense networks have sigmoids or ReLU, and batch normalisation or \
                     none. Weights start by He's rule. The full profile has 7 blocks a stage (44 \
                     layers of plain and residual networks), CIFAR-10, and 160 steps of 64 \
                     images; the quick one 4 (26 layers), digits, and 24 steps of 16, too few to \
                     learn much. SGD with momentum, a rate of 0.05, gradients of all parameters \
                     together clipped at 1. U-Nets of four levels learn nuclei, with their long \
                     skips and without, by AdamW. Always for the same 16 images (2 of nuclei), the \
                     norm of the loss's gradient by what each block gave is measured; in dense \
                     networks, by what each layer adds.",
            claims: CLAIMS,
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let looks = lab.pick(8, 20);
        let mut flows = Vec::new();
        for net in nets() {
            let recipe = net.recipe(lab);
            let (mut seeds, mut loss) = (Vec::new(), Vec::new());
            for seed in lab.seeds() {
                let plan = RunPlan::new(net.name(), seed, recipe.clone());
                let mut gradients = Gradients::new(net, &recipe, seed, looks)?;
                let (run, seen) = lab.train_watched(&plan, &mut gradients)?;
                loss.push(run.last_train("loss").ok());
                seeds.push(seen);
            }
            flows.push(Flow::new(net, &seeds, loss));
        }
        Ok(Measured { flows })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let flow = |kind, act, norm| measured.flow(Net { kind, act, norm });
        let bare = |kind| flow(kind, Act::Sigmoid, NormKind::None);
        let plain = bare(Kind::Plain);
        let normalised = flow(Kind::Plain, Act::Sigmoid, NormKind::Batch);
        let highway = flow(Kind::Highway, Act::Relu, NormKind::None);
        vec![
            Estimate::of_mean(&plain.at_start(|norms| -gain(norms))),
            Estimate::of_mean(&plain.at_start(|norms| 1.0 - largest(&factors(norms)))),
            Estimate::of_mean(&plain.at_end(|norms| -gain(norms))),
            Estimate::of_mean(&bare(Kind::Residual).at_start(gain)),
            Estimate::of_difference(&bare(Kind::Dense).at_start(gain), &plain.at_start(gain)),
            Estimate::of_mean(&highway.at_start(gain)),
            Estimate::of_mean(&normalised.at_start(gain)),
            Estimate::of_difference(
                &bare(Kind::Unet).at_start(first),
                &bare(Kind::UnetWithoutSkips).at_start(first),
            ),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        show::exhibits(measured)
    }
}

const CLAIMS: &[Claim] = &[
    Claim {
        says: "With sigmoids and without normalisation, the gradient all but vanishes on its way \
               to the first block of a plain network.",
        effect: "orders of magnitude that it loses from the last block to the first, at the start",
        above: 6.0,
    },
    Claim {
        says: "It does so because every factor of the chain is below one.",
        effect: "1 less the largest factor of a block, there",
        above: 0.0,
    },
    Claim {
        says: "Training does not heal that.",
        effect: "orders of magnitude that it loses after the last step",
        above: 3.0,
    },
    Claim {
        says: "In a residual network of the same layers it does not vanish.",
        effect: "orders of magnitude that it gains from the last block to the first, at the start",
        above: -1.0,
    },
    Claim {
        says: "In a dense network far more of it is left than in a plain one.",
        effect: "the same, dense less plain",
        above: 3.0,
    },
    Claim {
        says: "Highway layers carry it past their transforms.",
        effect: "the same, highway, with ReLU",
        above: -2.0,
    },
    Claim {
        says: "Batch normalisation alone keeps it up: what ails deep plain networks with it is \
               something else (He 2015, section 4.1).",
        effect: "the same, plain, with sigmoids and batch normalisation",
        above: -1.0,
    },
    Claim {
        says: "A U-Net's long skips bring it to the first layers.",
        effect: "orders of magnitude that the first stage's gradient gains by them, with sigmoids \
                 and without normalisation, at the start",
        above: 2.0,
    },
];

const PAPERS: &[Paper] = &[
    Paper {
        title: "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward \
                neural networks",
        link: "https://proceedings.mlr.press/v9/glorot10a.html",
    },
    Paper {
        title: "He et al. 2015, Deep Residual Learning for Image Recognition",
        link: "https://arxiv.org/abs/1512.03385",
    },
    Paper {
        title: "He et al. 2016, Identity Mappings in Deep Residual Networks",
        link: "https://arxiv.org/abs/1603.05027",
    },
    Paper {
        title: "Drozdzal et al. 2016, The Importance of Skip Connections in Biomedical Image \
                Segmentation",
        link: "https://arxiv.org/abs/1608.04117",
    },
];

impl Measured {
    /// The gradients of a network, which is one of those that are measured.
    fn flow(&self, net: Net) -> &Flow {
        let found = self.flows.iter().find(|flow| flow.net == net);
        found.expect("all networks are there, or it could not be read")
    }
}

impl Flow {
    /// Of what was seen, by seed and step. Where a loss was no number for some seed, there is
    /// nothing of that step.
    fn new(net: Net, seeds: &[BTreeMap<usize, Vec<PartSeen>>], loss: Vec<Option<f64>>) -> Self {
        let first = seeds.first();
        let steps = first.into_iter().flat_map(|seen| seen.keys().copied());
        let in_all = |step: &usize| seeds.iter().all(|seen| seen.contains_key(step));
        let steps: Vec<_> = steps.filter(in_all).collect();
        let norms = |parts: &Vec<PartSeen>| parts.iter().map(|part| part.gradient).collect();
        let by_step = |seen: &BTreeMap<_, _>| steps.iter().map(|step| norms(&seen[step])).collect();
        let paths = |parts: &Vec<PartSeen>| parts.iter().map(|part| part.path.clone()).collect();
        let seen = first.and_then(|seen| seen.values().next());
        Self {
            net,
            parts: seen.map(paths).unwrap_or_default(),
            norms: seeds.iter().map(by_step).collect(),
            steps,
            loss,
        }
    }

    /// Whether each seed has the norms of all parts at all steps.
    fn is_whole(&self) -> bool {
        let is_whole = |norms: &Vec<f64>| norms.len() == self.parts.len();
        let mut seeds = self.norms.iter();
        seeds.all(|steps| steps.len() == self.steps.len() && steps.iter().all(is_whole))
    }

    /// Something of the parts' norms before the first step, by seed.
    fn at_start(&self, value: fn(&[f64]) -> f64) -> Vec<f64> {
        let norms = self.norms.iter().map(|steps| steps.first());
        norms
            .map(|norms| norms.map_or(f64::NAN, |norms| value(norms)))
            .collect()
    }

    /// The same after the last look.
    fn at_end(&self, value: fn(&[f64]) -> f64) -> Vec<f64> {
        let norms = self.norms.iter().map(|steps| steps.last());
        norms
            .map(|norms| norms.map_or(f64::NAN, |norms| value(norms)))
            .collect()
    }

    /// The norms of a part at a step, by seed.
    fn at(&self, step: usize, part: usize) -> Vec<f64> {
        self.norms.iter().map(|steps| steps[step][part]).collect()
    }
}

/// The logarithm to 10 of the first part's norm.
fn first(norms: &[f64]) -> f64 {
    norms.first().map_or(f64::NAN, |norm| logarithm(*norm))
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Entry;
    use serde_json::json;

    #[test]
    fn results_without_a_network_or_a_norm_are_refused() {
        let flow = |net: Net, norms: &[f64]| Flow {
            net,
            parts: ["first", "middle", "last"].map(str::to_string).to_vec(),
            steps: vec![0, 1],
            norms: vec![vec![norms.to_vec(); 2]],
            loss: vec![None],
        };
        let whole = || nets().into_iter().map(|net| flow(net, &[0.001, 0.1, 1.0]));
        let shown = |flows: Vec<Flow>| {
            let Entry { effects, show, .. } = Entry::of::<GradientFlow>();
            let measured = json!({"flows": flows});
            let refused = show(&measured).map(|exhibits| exhibits.len());
            assert_eq!(effects(&measured).is_err(), refused.is_err());
            refused.map_err(|error| error.to_string())
        };
        assert!(shown(whole().collect()).is_ok_and(|exhibits| exhibits > 0));
        let missing = shown(whole().skip(1).collect()).expect_err("a network is missing");
        assert!(
            missing.contains(&nets()[0].name()) && missing.contains("is missing"),
            "{missing}"
        );
        let mut short: Vec<_> = whole().collect();
        short[2] = flow(nets()[2], &[0.1, 1.0]);
        let short = shown(short).expect_err("a norm is missing");
        assert!(short.contains(&nets()[2].name()), "{short}");
    }
}
