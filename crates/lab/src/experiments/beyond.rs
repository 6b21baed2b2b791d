//! What came after: other ways past the blocks, and networks without normalisation.

mod costs;
mod networks;
mod shown;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::costs::{Cost, Grown};
use self::networks::{
    ACTIVATED_FIRST, ALL, BARE, DYNAMIC, FIXUP, Network, RESIDUAL, REVERSIBLE, REZERO, SKIP_INIT,
    Size,
};
use crate::estimate::percent;
use crate::{Claim, Estimate, Exhibit, Experiment, Lab, Paper, Plan, Run};

/// The successors of the residual block, on one backbone.
pub struct Beyond;

/// What became of the networks.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    compared: Vec<Compared>,
    /// Networks without normalisation, and at last one with it, each at some depths.
    deep: Vec<Deep>,
    memory: Vec<Grown>,
}

/// A network beside the others.
#[derive(Debug, Serialize, Deserialize)]
struct Compared {
    name: String,
    block: String,
    learned: Learned,
    cost: Cost,
}

/// What became of a network's runs, by seed, 0 to 1.
#[derive(Debug, Serialize, Deserialize)]
struct Learned {
    /// In the last epoch.
    train_error: Vec<f64>,
    test_error: Vec<f64>,
}

/// A network at growing depth.
#[derive(Debug, Serialize, Deserialize)]
struct Deep {
    name: String,
    /// How many layers, and what became of them.
    depths: Vec<(usize, Learned)>,
}

/// How many points of test error a reversible network may be worse and still be as good.
const MARGIN: f64 = -2.0;

impl Experiment for Beyond {
    const NAME: &'static str = "beyond";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "Beyond the residual block",
            question: "Since 2015 the sum x + F(x) has been scaled, started at nothing, left out \
                       at random, spread over several streams, averaged over depth and made \
                       reversible. What does each bring on one backbone and one budget, and what \
                       does it cost? Can some of them learn deep networks without normalisation?",
            equation: "<i>y</i> = <i>x</i> + <i>F</i>(<i>x</i>) and its relatives; the table has \
                       the equation of each",
            papers: &[
                Paper {
                    title: "Bachlechner et al. 2020, ReZero is All You Need",
                    link: "https://arxiv.org/abs/2003.04887",
                },
                Paper {
                    title: "De and Smith 2020, Batch Normalization Biases Residual Blocks Towards \
                            the Identity Function in Deep Networks (SkipInit)",
                    link: "https://arxiv.org/abs/2002.10444",
                },
                Paper {
                    title: "Zhang et al. 2019, Fixup Initialization",
                    link: "https://arxiv.org/abs/1901.09321",
                },
                Paper {
                    title: "Touvron et al. 2021, Going deeper with Image Transformers (LayerScale)",
                    link: "https://arxiv.org/abs/2103.17239",
                },
                Paper {
                    title: "Huang et al. 2016, Deep Networks with Stochastic Depth",
                    link: "https://arxiv.org/abs/1603.09382",
                },
                Paper {
                    title: "Zhu et al. 2024, Hyper-Connections",
                    link: "https://arxiv.org/abs/2409.19606",
                },
                Paper {
                    title: "Xie et al. 2025, mHC: Manifold-Constrained Hyper-Connections",
                    link: "https://arxiv.org/abs/2512.24880",
                },
                Paper {
                    title: "Pagliardini et al. 2024, DenseFormer",
                    link: "https://arxiv.org/abs/2402.02622",
                },
                Paper {
                    title: "Gomez et al. 2017, The Reversible Residual Network",
                    link: "https://arxiv.org/abs/1707.04585",
                },
                Paper {
                    title: "van de Leemput et al. 2018, MemCNN: a Framework for Developing Memory \
                            Efficient Deep Invertible Networks",
                    link: "https://openreview.net/forum?id=r1KzqK1wz",
                },
            ],
            design: "All networks have the stem, stages and blocks of a CIFAR ResNet with \
                     parameter-free shortcuts and 8 channels in the first stage, and about as many \
                     parameters. All learn by one recipe: AdamW at 3e-3, in the short runs of the \
                     quick profile 5e-3, one-cycle schedule, gradients clipped to a norm of 1; a \
                     step whose loss is no number is left out. The full profile has 20 layers, \
                     without normalisation also 44, and CIFAR-10; the quick one 8 and 26 layers \
                     and digits. Such short budgets say little of what a regulariser such as \
                     stochastic depth is worth in the end, and branches that start at nothing have \
                     hardly begun in the quick one. Time and memory are of forward, loss and back: \
                     medians of steps in turns, and the most bytes held besides the network and \
                     the images. They are measured once, and the times not claimed.",
            claims: &[
                Claim {
                    says: "Deep and without normalisation, ReZero learns better than the residual \
                           network.",
                    effect: "error in training at the greatest depth, residual less ReZero, in \
                             percent",
                    above: 0.0,
                },
                Claim {
                    says: "So does SkipInit.",
                    effect: "residual less SkipInit, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "So does Fixup.",
                    effect: "residual less Fixup, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "Another block costs a reversible network less than half of the memory \
                           that it costs a residual one.",
                    effect: "what is saved of the memory that a step takes for each further block, \
                             in percent",
                    above: 50.0,
                },
                Claim {
                    says: "The reversible network answers as well, but for two percent.",
                    effect: "test error, residual less reversible, in percent",
                    above: MARGIN,
                },
                Claim {
                    says: "Hyper-connections make the residual network better.",
                    effect: "test error, residual that activates first less dynamic \
                             hyper-connections, in percent",
                    above: 0.0,
                },
            ],
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let size = Size {
            blocks: lab.pick(1, 3),
            width: 8,
        };
        let costs = costs::of_each(lab, size)?;
        let mut compared = Vec::new();
        for (network, cost) in ALL.into_iter().zip(costs) {
            compared.push(Compared {
                name: network.name.to_string(),
                block: network.block.to_string(),
                learned: learned(lab, network, size)?,
                cost,
            });
        }
        let mut deep = Vec::new();
        for network in [BARE, REZERO, SKIP_INIT, FIXUP, RESIDUAL] {
            let mut depths = Vec::new();
            for blocks in [size.blocks, lab.pick(4, 7)] {
                let size = Size { blocks, ..size };
                depths.push((6 * blocks + 2, learned(lab, network, size)?));
            }
            deep.push(Deep {
                name: network.name.to_string(),
                depths,
            });
        }
        Ok(Measured {
            compared,
            deep,
            memory: costs::by_depth(lab, size.width)?,
        })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let train = |network: Network| {
            let deep = measured.deep.iter().find(|deep| deep.name == network.name);
            let deepest = deep.and_then(|deep| deep.depths.last());
            percent(deepest.map_or(&[], |(_, learned)| &learned.train_error))
        };
        let test = |network: Network| {
            let mut compared = measured.compared.iter();
            let compared = compared.find(|compared| compared.name == network.name);
            percent(compared.map_or(&[], |compared| &compared.learned.test_error))
        };
        let [residual, reversible] = [0, 1].map(|place| measured.memory[place].by_block());
        vec![
            Estimate::of_difference(&train(BARE), &train(REZERO)),
            Estimate::of_difference(&train(BARE), &train(SKIP_INIT)),
            Estimate::of_difference(&train(BARE), &train(FIXUP)),
            Estimate::exact(100.0 * (1.0 - reversible / residual)),
            Estimate::of_difference(&test(RESIDUAL), &test(REVERSIBLE)),
            Estimate::of_difference(&test(ACTIVATED_FIRST), &test(DYNAMIC)),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        shown::exhibits(measured)
    }
}

/// Trains a network of this size, with each seed.
fn learned(lab: &mut Lab<'_>, network: Network, size: Size) -> Result<Learned> {
    let recipe = recipe(lab, network, size);
    let name = format!("{}, {} blocks", network.name, 3 * size.blocks);
    let runs = lab.train_seeds(&name, &recipe)?;
    // A network whose answers are no numbers is wrong in all.
    let train_error = |run: &Run| 1.0 - run.last_train("accuracy").unwrap_or(0.0);
    let test_error = |run: &Run| run.test_error().unwrap_or(1.0);
    Ok(Learned {
        train_error: runs.iter().map(train_error).collect(),
        test_error: runs.iter().map(test_error).collect(),
    })
}

/// How all networks learn.
fn recipe(lab: &Lab<'_>, network: Network, size: Size) -> Value {
    let data = lab.classes(lab.pick(400, 8_000));
    json!({
        "data": data,
        "model": network.model(size),
        "run": {"epochs": lab.pick(4, 3), "batch_size": lab.pick(8, 32), "on_nan": "skip"},
        "optimizer": {"name": "adamw", "lr": lab.pick(5e-3, 3e-3), "clip": 1.0},
        "schedule": {"name": "onecycle", "warm_up": 0.2},
    })
}
