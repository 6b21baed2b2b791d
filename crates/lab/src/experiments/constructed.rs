//! A deep plain network that is as good as a shallow one exists; learning does not find it.

mod build;
mod diagram;
mod identity;
mod shown;

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::build::{Built, Start, build};
use super::narrow;
use crate::estimate::percent;
use crate::gather::by_epoch;
use crate::{Claim, Epoch, Estimate, Exhibit, Experiment, Lab, Paper, Plan, Run, RunPlan};

/// He 2015's solution by construction: a shallow network with identity layers on top.
pub struct Constructed;

/// The errors of the networks.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// The blocks of two layers in each stage.
    shallow_blocks: usize,
    deep_blocks: usize,
    /// What was found before the constructed networks learned, by seed.
    starts: Vec<Start>,
    shallow: Trained,
    /// The shallow network, after as many further epochs as the constructed one.
    further: Trained,
    constructed: Trained,
    scratch: Trained,
}

/// Networks of one kind, by seed.
#[derive(Debug, Serialize, Deserialize)]
struct Trained {
    test_error: Vec<f64>,
    /// In the last epoch.
    train_error: Vec<f64>,
    /// By epoch, and seed.
    valid_error: Vec<Vec<f64>>,
}

impl Trained {
    fn of(runs: &[Run]) -> Result<Self> {
        Ok(Self {
            test_error: runs.iter().map(Run::test_error).collect::<Result<_>>()?,
            train_error: runs.iter().map(Run::train_error).collect::<Result<_>>()?,
            valid_error: by_epoch(runs, Epoch::valid_error),
        })
    }
}

impl Experiment for Constructed {
    const NAME: &'static str = "constructed";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "The deep solution exists, and is not found",
            question: "A deep network is at hand that is exactly as good as a shallow one: the \
                       shallow one, with further layers that pass on what they get. Is it as good, \
                       does it stay so when it learns on, and does the same deep network find such \
                       a solution by itself?",
            equation: "deep(<i>x</i>) = <i>h</i>(<i>I</i>(&hellip;<i>I</i>(<i>f</i>(<i>x</i>)))) = \
                       <i>h</i>(<i>f</i>(<i>x</i>)), &emsp; <i>I</i>(<i>z</i>) = ReLU(BN(&delta; \
                       &lowast; <i>z</i>)) = <i>z</i> for <i>z</i> &ge; 0, &emsp; <i>&gamma;</i> = \
                       (<i>&sigma;</i><sup>2</sup> + <i>&epsilon;</i>)<sup>1/2</sup>, \
                       <i>&beta;</i> = <i>&mu;</i>",
            papers: &[
                Paper {
                    title: "He et al. 2015, Deep Residual Learning for Image Recognition",
                    link: "https://arxiv.org/abs/1512.03385",
                },
                Paper {
                    title: "Chen et al. 2015, Net2Net: Accelerating Learning via Knowledge \
                            Transfer",
                    link: "https://arxiv.org/abs/1511.05641",
                },
            ],
            design: "A shallow plain CIFAR network learns. Each of its three stages is then \
                     lengthened by blocks of two layers: their kernels are 1 in the middle of a \
                     channel's own filter and 0 elsewhere, and their normalisations give back the \
                     mean and the variance that the stage's values have over 512 training images. \
                     When this constructed network is evaluated, they are the identity up to \
                     rounding; when it learns, nearly so. It learns on, and so does the shallow \
                     network beside it, by the recipe of the shallow one, SGD with momentum 0.9 \
                     and a one-cycle schedule, but up to a learning rate of 0.01 instead of 0.1. \
                     The same deep network from scratch learns by the first recipe for as many \
                     epochs as both parts together. Test errors are those of the best epoch by the \
                     validation loss. The full profile has 20 and 56 layers, CIFAR-10 (10,000 \
                     images to learn from), and 8 and 3 epochs; the quick one 8 and 32 layers, \
                     1,500 digits, and 4 and 2 epochs. All networks are 8 channels wide in their \
                     first stage.",
            claims: &[
                Claim {
                    says: "The constructed deep network starts as the shallow one: its logits are \
                           the same up to rounding.",
                    effect: "decimal digits to which the logits agree on the test images",
                    above: 4.0,
                },
                Claim {
                    says: "Trained on, it does not get worse than the shallow network was, by more \
                           than 1 %.",
                    effect: "test error, shallow less constructed and trained on, in percent",
                    above: -1.0,
                },
                Claim {
                    says: "Nor than the shallow network that was trained on for as long.",
                    effect: "test error, shallow less constructed, both trained on, in percent",
                    above: -1.0,
                },
                Claim {
                    says: "The same deep network from scratch ends worse on test images.",
                    effect: "test error, from scratch less constructed and trained on, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "It ends worse on the images it learns from, too: it is not that it has \
                           learned them by heart.",
                    effect: "error in training, from scratch less constructed, in percent",
                    above: 0.0,
                },
            ],
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let (shallow_blocks, deep_blocks) = lab.pick((1, 5), (3, 9));
        let (first, further) = lab.pick((4, 2), (8, 3));
        let plain = |blocks| format!("plain {}", layers(blocks));

        let recipe = from_scratch(lab, shallow_blocks, first);
        let shallow = lab.train_seeds(&plain(shallow_blocks), &recipe)?;
        let copies = build_all(lab, &shallow, shallow_blocks)?;
        let deepened = build_all(lab, &shallow, deep_blocks)?;

        let name = format!("{}, trained on", plain(shallow_blocks));
        let on = train_on(lab, &name, &copies, shallow_blocks, further)?;
        let name = format!("{} of {}", plain(deep_blocks), plain(shallow_blocks));
        let constructed = train_on(lab, &name, &deepened, deep_blocks, further)?;
        let recipe = from_scratch(lab, deep_blocks, first + further);
        let scratch = lab.train_seeds(&plain(deep_blocks), &recipe)?;
        Ok(Measured {
            shallow_blocks,
            deep_blocks,
            starts: deepened.into_iter().map(|built| built.start).collect(),
            shallow: Trained::of(&shallow)?,
            further: Trained::of(&on)?,
            constructed: Trained::of(&constructed)?,
            scratch: Trained::of(&scratch)?,
        })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let digits: Vec<_> = measured.starts.iter().map(Start::digits).collect();
        let test = |kind: &Trained| percent(&kind.test_error);
        let train = |kind: &Trained| percent(&kind.train_error);
        let constructed = &measured.constructed;
        let less = |first: Vec<f64>, second: Vec<f64>| Estimate::of_difference(&first, &second);
        vec![
            Estimate::of_mean(&digits),
            less(test(&measured.shallow), test(constructed)),
            less(test(&measured.further), test(constructed)),
            less(test(&measured.scratch), test(constructed)),
            less(train(&measured.scratch), train(constructed)),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        shown::exhibits(measured)
    }
}

/// How many layers a network has with so many blocks in each of its three stages.
fn layers(blocks: usize) -> usize {
    6 * blocks + 2
}

fn from_scratch(lab: &Lab<'_>, blocks: usize, epochs: usize) -> Value {
    let data = lab.classes(lab.pick(1500, 10_000));
    narrow::recipe(data, blocks, "plain", epochs, lab.pick(32, 128))
}

/// The recipe of a network that goes on from weights.
fn from_weights(lab: &Lab<'_>, blocks: usize, epochs: usize, weights: &Path) -> Value {
    let mut recipe = from_scratch(lab, blocks, epochs);
    recipe["model"]["weights"] = weights.display().to_string().into();
    recipe["optimizer"]["lr"] = 0.01.into();
    recipe
}

/// Makes the shallow networks deeper, each of its seed.
fn build_all(lab: &mut Lab<'_>, shallow: &[Run], blocks: usize) -> Result<Vec<Built>> {
    shallow.iter().map(|run| build(lab, run, blocks)).collect()
}

/// Trains networks that were built, each by the seed of the one that it was built of.
fn train_on(
    lab: &mut Lab<'_>,
    name: &str,
    built: &[Built],
    blocks: usize,
    epochs: usize,
) -> Result<Vec<Run>> {
    let plan = |built: &Built| {
        let recipe = from_weights(lab, blocks, epochs, &built.weights);
        RunPlan::new(name, built.seed, recipe)
    };
    let plans: Vec<_> = built.iter().map(plan).collect();
    lab.train(&plans)
}
