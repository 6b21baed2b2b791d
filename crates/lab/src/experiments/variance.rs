//! How the variance grows along the blocks of a residual network as it starts.

mod show;
mod stream;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::stream::{IMAGES, Stream};
use crate::{Claim, Estimate, Exhibit, Experiment, Lab, Paper, Plan, Profile, RunPlan};

/// De and Smith 2020's variance of the stream that passes all blocks.
pub struct Variance;

/// The streams of each kind of network, by seed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Blocks of each stage.
    blocks: usize,
    /// Without normalisation.
    bare: Vec<Stream>,
    /// With batch normalisation.
    normalised: Vec<Stream>,
    /// Without normalisation, with a scalar on each branch that starts at 0.
    skip_init: Vec<Stream>,
}

impl Experiment for Variance {
    const NAME: &'static str = "variance";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "Batch normalisation makes blocks start near the identity",
            question: "Very deep residual networks learn with batch normalisation, and hardly \
                       without. A block adds its branch to what passes it. How large is what it \
                       adds, before the network has learned anything?",
            equation: "Var(<i>x</i><sub><i>l</i>+1</sub>) = Var(<i>x<sub>l</sub></i>) + \
                       Var(<i>F</i>(<i>x<sub>l</sub></i>)) &emsp; without normalisation: \
                       Var(<i>F</i>(<i>x</i>)) = Var(<i>x</i>), so Var(<i>x<sub>l</sub></i>) \
                       &sim; 2<sup><i>l</i></sup> &emsp; with: Var(<i>F</i>(<i>x</i>)) = 1, so \
                       Var(<i>x<sub>l</sub></i>) &sim; <i>l</i>",
            papers: &[Paper {
                title: "De and Smith 2020, Batch Normalization Biases Residual Blocks Towards the \
                        Identity Function in Deep Networks",
                link: "https://arxiv.org/abs/2002.10444",
            }],
            design: "CIFAR ResNets whose blocks activate first, so that nothing but additions \
                     stands on the way past them; weights start by He's rule. They have batch \
                     normalisation, or none, or none and SkipInit: a scalar on each branch that \
                     starts at 0. Without normalisation convolutions have biases, drawn as their \
                     weights are, so that with a seed the weights are others than with batch \
                     normalisation. Nothing is trained. The variance of what each block gives, and \
                     of its branch, is taken over all values of 64 images, with normalisations in \
                     training mode. Shortcuts that halve the map (option A) fill up with zeros, \
                     which lowers the variance: the claims are on the first stage, where all \
                     shortcuts are the identity. The figures show all stages. The full profile has \
                     110 layers, 18 blocks a stage, and CIFAR-10; the quick one 56 layers, 9 \
                     blocks a stage, and digits.",
            claims: &[
                Claim {
                    says: "Without normalisation the variance doubles with each block.",
                    effect: "binary logarithm of its growth per block, not normalised",
                    above: 0.5,
                },
                Claim {
                    says: "With batch normalisation it grows linearly: twice as many blocks, twice \
                           the variance.",
                    effect: "1 less how far from 1 the power of the number of blocks is with which \
                             it grows in the later half of the stage, with batch normalisation",
                    above: 0.0,
                },
                Claim {
                    says: "So with batch normalisation the last block's branch is a small part of \
                           what the block gives; without, it is about half.",
                    effect: "share of the branch in the variance of what the stage's last block \
                             gives, not normalised less normalised",
                    above: 0.25,
                },
                Claim {
                    says: "SkipInit keeps the variance as it is.",
                    effect: "0.1 less the absolute binary logarithm of its growth per block, with \
                             SkipInit",
                    above: 0.0,
                },
            ],
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let blocks = match lab.profile() {
            Profile::Tiny => 2,
            Profile::Quick => 9,
            Profile::Full => 18,
        };
        let bare = json!({"norm": "none"});
        Ok(Measured {
            blocks,
            bare: streams(lab, BARE, "preact_resnet110", bare, blocks)?,
            normalised: streams(lab, NORMALISED, "preact_resnet110", json!({}), blocks)?,
            skip_init: streams(lab, SKIP_INIT, "skipinit_resnet110", json!({}), blocks)?,
        })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let Measured {
            blocks,
            bare,
            normalised,
            skip_init,
        } = measured;
        let growth = |stream: &Stream| stream.growth(0, *blocks);
        let is_linear = |stream: &Stream| 1.0 - (stream.power(*blocks) - 1.0).abs();
        let share = |stream: &Stream| stream.share(*blocks);
        let stays = |stream: &Stream| 0.1 - growth(stream).abs();
        vec![
            Estimate::of_mean(&each(bare, growth)),
            Estimate::of_mean(&each(normalised, is_linear)),
            Estimate::of_difference(&each(bare, share), &each(normalised, share)),
            Estimate::of_mean(&each(skip_init, stays)),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        show::exhibits(measured)
    }
}

const BARE: &str = "not normalised";
const NORMALISED: &str = "batch normalisation";
const SKIP_INIT: &str = "SkipInit";

impl Measured {
    fn kinds(&self) -> [(&'static str, &[Stream]); 3] {
        [
            (BARE, &self.bare),
            (NORMALISED, &self.normalised),
            (SKIP_INIT, &self.skip_init),
        ]
    }
}

/// The streams of a model with these fields, by seed.
fn streams(
    lab: &mut Lab<'_>,
    name: &str,
    model: &str,
    mut fields: Value,
    blocks: usize,
) -> Result<Vec<Stream>> {
    fields["blocks"] = json!([blocks, blocks, blocks]);
    let recipe = json!({
        "data": lab.classes(None),
        "model": {"name": model, "encoder": fields},
    });
    let mut streams = Vec::new();
    for seed in lab.seeds() {
        let plan = RunPlan::new(name, seed, recipe.clone());
        let key = ("variance of the stream", IMAGES);
        streams.push(lab.at_start(&plan, key, Stream::of)?);
    }
    Ok(streams)
}

/// A value of each seed.
fn each(streams: &[Stream], value: impl Fn(&Stream) -> f64) -> Vec<f64> {
    streams.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Streams of six blocks, of the variance after so many.
    fn streams(variance: fn(f64) -> f64) -> Vec<Stream> {
        let after: Vec<_> = (0..=6).map(|block| variance(f64::from(block))).collect();
        let pairs = after.windows(2);
        let branch = pairs.map(|pair| pair[1] - pair[0]).collect();
        vec![Stream { after, branch }; 2]
    }

    #[test]
    fn what_the_paper_derives_has_all_effects() {
        let measured = Measured {
            blocks: 6,
            bare: streams(f64::exp2),
            normalised: streams(|block| block),
            skip_init: streams(|_| 0.4),
        };
        let effects = Variance::effects(&measured);
        let found: Vec<_> = effects.iter().map(|effect| effect.value).collect();
        let expected = [1.0, 1.0, 0.5 - 1.0 / 6.0, 0.1];
        assert_eq!(found.len(), expected.len());
        let claims = Variance::plan().claims;
        for ((found, expected), claim) in found.iter().zip(expected).zip(claims) {
            assert!((found - expected).abs() < 1e-9, "{}: {found}", claim.says);
            assert!(*found > claim.above, "{}", claim.says);
        }
    }

    #[test]
    fn what_doubles_with_each_block_is_not_linear() {
        let measured = Measured {
            blocks: 6,
            bare: streams(f64::exp2),
            normalised: streams(f64::exp2),
            skip_init: streams(f64::exp2),
        };
        let effects = Variance::effects(&measured);
        for (effect, claim) in effects.iter().zip(Variance::plan().claims).skip(1) {
            assert!(effect.value < claim.above, "{}", claim.says);
        }
    }
}
