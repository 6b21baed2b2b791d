//! Blocks are taken out of trained networks, and put in another order.

mod draws;
mod paths;
mod shown;
mod wounds;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::draws::Draws;
use self::paths::Paths;
use self::wounds::Wounds;
use super::narrow;
use crate::{Claim, Estimate, Exhibit, Experiment, Lab, Paper, Plan};

/// Veit 2016's lesions.
pub struct Lesions;

/// What became of the networks.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// What was done to them.
    draws: Draws,
    /// Of each network, by seed.
    residual: Vec<Wounds>,
    plain: Vec<Wounds>,
    /// The gradient's ways through each residual network.
    paths: Vec<Paths>,
}

impl Experiment for Lesions {
    const NAME: &'static str = "lesions";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "A residual network is a crowd of shallow ones",
            question: "Each block of a residual network can be taken or passed by, so n blocks \
                       make 2 to the n paths from the image to the answer. If the network is many \
                       paths and not one, it should bear the loss of a block, which ends half of \
                       them. Does it? And which paths does it learn by?",
            equation: "<i>y</i><sub>3</sub> = <i>y</i><sub>2</sub> + <i>f</i><sub>3</sub>(<i>y</i><sub>2</sub>) \
                       = [<i>y</i><sub>1</sub> + <i>f</i><sub>2</sub>(<i>y</i><sub>1</sub>)] \
                       + <i>f</i><sub>3</sub>(<i>y</i><sub>1</sub> + <i>f</i><sub>2</sub>(<i>y</i><sub>1</sub>)) \
                       = … &emsp; <i>n</i> blocks: 2<sup><i>n</i></sup> paths, \
                       <i>n</i>! / (<i>k</i>! (<i>n</i> − <i>k</i>)!) of them through <i>k</i> blocks",
            papers: &[Paper {
                title: "Veit et al. 2016, Residual Networks Behave Like Ensembles of Relatively \
                        Shallow Networks",
                link: "https://arxiv.org/abs/1605.06431",
            }],
            design: "CIFAR ResNets that activate before their convolutions, with parameter-free \
                     shortcuts (option A), and their plain twins. After training, with nothing \
                     learned anew, blocks are taken away: a residual block's branch is cut and its \
                     shortcut stays; a plain block is passed by, where it keeps the shape. Blocks \
                     of one stage and shape change places, too. The blocks are drawn at random, \
                     the same for all networks. For the gradient, images pass through the whole \
                     network in training; on the way back, each block lets it through its branch \
                     alone or its shortcut alone, and its norm is taken where it enters the first \
                     block. The full profile has 44 layers, 21 blocks, and CIFAR-10; the quick one \
                     32 layers, 15 blocks, and digits. The paper's network has 54 blocks and \
                     learned for much longer; fewer blocks, briefly trained, can spare less.",
            claims: &[
                Claim {
                    says: "The loss of one block costs a plain network more than a residual one.",
                    effect: "what the loss of one block that keeps the shape adds to the test \
                             error, plain less residual, in percent",
                    above: 10.0,
                },
                Claim {
                    says: "A residual network that has lost a third of its blocks answers better \
                           than a plain one that has lost one.",
                    effect: "test error, plain without one block less residual without a third of \
                             those that keep the shape, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "The further the order of its blocks is from that in training, the more \
                           errors a residual network makes.",
                    effect: "test error of the residual network, of the orders changed most less \
                             those changed least, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "The gradient comes by short paths: shorter than most paths are.",
                    effect: "mean length of all paths less that of the gradient's, in percent of \
                             the blocks",
                    above: 10.0,
                },
            ],
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let blocks = lab.pick(5, 7);
        let draws = Draws::new(blocks, lab.pick(2, 4));
        let (mut residual, mut plain, mut paths) = (Vec::new(), Vec::new(), Vec::new());
        for kind in [Kind::Residual, Kind::Plain] {
            let recipe = recipe(lab, kind, blocks);
            for run in lab.train_seeds(kind.name(), &recipe)? {
                lab.say(&format!(
                    "{}, seed {}: blocks are taken away",
                    kind.name(),
                    run.seed
                ));
                let wounds = wounds::measure(lab, &run, kind, &draws)?;
                match kind {
                    Kind::Residual => {
                        residual.push(wounds);
                        lab.say(&format!(
                            "the paths through the network of seed {}",
                            run.seed
                        ));
                        paths.push(paths::measure(lab, &run, draws.blocks.len())?);
                    }
                    Kind::Plain => plain.push(wounds),
                }
            }
        }
        Ok(Measured {
            draws,
            residual,
            plain,
            paths,
        })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let Measured {
            draws,
            residual,
            plain,
            paths,
        } = measured;
        let of = |networks: &[Wounds], error: fn(&Wounds, &Draws) -> f64| -> Vec<f64> {
            let errors = networks.iter().map(|network| error(network, draws));
            errors.map(|error| 100.0 * error).collect()
        };
        let shorter = paths.iter().map(|paths| {
            let blocks = paths.blocks() as f64;
            100.0 * (0.5 * blocks - paths.mean_length()) / blocks
        });
        vec![
            Estimate::of_difference(
                &of(plain, Wounds::cost_of_one),
                &of(residual, Wounds::cost_of_one),
            ),
            Estimate::of_difference(
                &of(plain, |network, _| network.without_many[0]),
                &of(residual, |network, draws| {
                    network.without_many[draws.a_third()]
                }),
            ),
            Estimate::of_difference(
                &of(residual, |network, _| {
                    network.reordered[network.reordered.len() - 1]
                }),
                &of(residual, |network, _| network.reordered[0]),
            ),
            Estimate::of_mean(&shorter.collect::<Vec<_>>()),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        shown::exhibits(measured)
    }
}

/// Whether something bypasses the blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Kind {
    /// A shortcut does.
    Residual,
    /// Nothing does.
    Plain,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Residual => "residual",
            Self::Plain => "plain",
        }
    }
}

fn recipe(lab: &Lab<'_>, kind: Kind, blocks: usize) -> Value {
    let data = lab.classes(lab.pick(2000, 25_000));
    let shortcut = match kind {
        Kind::Residual => "zero_pad",
        Kind::Plain => "plain",
    };
    let mut recipe = narrow::recipe(data, blocks, shortcut, lab.pick(4, 5), 64);
    recipe["model"]["encoder"]["order"] = "pre_activation".into();
    recipe
}
