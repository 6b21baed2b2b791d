//! Short skips inside the stages and long skips past them, with and without each other.

use anyhow::{Context, Result};
use burn::module::Module;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use train::data::DataSet;
use train::{Look, Recipe};

use crate::estimate::mean;
use crate::figure::{Axis, Lines, Series};
use crate::gather::{by_epoch, by_place};
use crate::nuclei::{self, Lesson, Scores, bars};
use crate::probe::{PartSeen, first_batch, parts_seen};
use crate::{Claim, Estimate, Exhibit, Experiment, Lab, Paper, Plan, RunPlan, Watcher};

/// Drozdzal 2016's comparison of networks with either kind of skip and with both; here with
/// neither, too.
pub struct ShortAndLong;

/// Each kind of network: what it is called, its shortcuts and its decoder's join.
const KINDS: [(&str, &str, &str); 4] = [
    ("neither", "plain", "none"),
    ("short", "zero_pad", "none"),
    ("long", "plain", "add"),
    ("both", "zero_pad", "add"),
];

/// What is looked at: what each normalisation gives, with the addition and the ReLU that follow it.
const LAYERS: &str = "*.bn*";

/// The first layer of the network, and the last before the way up.
const FIRST: &str = "encoder.bn1";
const DEEPEST: &str = "encoder.layer4.";

/// Images that the gradient is of.
const BATCH: usize = 4;

/// What each kind of network reached, and what gradients it had.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    kinds: Vec<Kind>,
}

/// The networks of a kind.
#[derive(Debug, Serialize, Deserialize)]
struct Kind {
    name: String,
    scores: Scores,
    /// The loss in training by epoch, and seed.
    loss: Vec<Vec<f64>>,
    /// Before the first step, by seed, and layer.
    start: Vec<Vec<PartSeen>>,
    /// After the last.
    end: Vec<Vec<PartSeen>>,
}

impl Experiment for ShortAndLong {
    const NAME: &'static str = "short_and_long";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "Short skips steady training, long skips bring back detail",
            question: "A segmentation network can skip in two ways: over a few layers, so that it \
                       trains well, and from the way down to the way up, so that detail is not \
                       lost. Are both needed?",
            equation: "short: <i>x</i><sub>k+1</sub> = ReLU(<i>F</i>(<i>x</i><sub>k</sub>) + \
                       <i>x</i><sub>k</sub>) &emsp; long: <i>y</i><sub>l</sub> = \
                       <i>C</i>(up(<i>y</i><sub>l+1</sub>) + <i>s</i><sub>l</sub>)",
            papers: &[Paper {
                title: "Drozdzal et al. 2016, The Importance of Skip Connections in Biomedical \
                        Image Segmentation",
                link: "https://arxiv.org/abs/1608.04117",
            }],
            design: "A residual encoder of four stages, each of half the size of the one before, \
                     and a U-Net's decoder learn to find nuclei. Short skips are the encoder's \
                     shortcuts without parameters, long ones additions in the decoder, so that all \
                     four networks have the same layers and the same number of parameters. All \
                     convolutions are followed by batch normalisation. The quick profile has two \
                     blocks a stage and 70 images, the full one four blocks and 334 images; the \
                     paper has more layers, and other images (electron microscopy), so that its \
                     numbers cannot be put beside these. Gradients are of the loss of the first \
                     four training images by what each layer gives, before the first and after the \
                     last step. AdamW, one-cycle schedule, cross-entropy and Dice loss, batches of \
                     4 crops.",
            claims: &[
                Claim {
                    says: "With both kinds more of the nuclei is found than with neither.",
                    effect: "mean IoU, both less neither, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "Long skips sharpen the borders of a network with short ones.",
                    effect: "boundary F1, both less short, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "Short skips add to long ones.",
                    effect: "mean IoU, both less long, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "With long skips alone the middle of the network learns less than its \
                           ends; short skips mend that.",
                    effect: "gradient at the deepest layer over that at the first, at the start: \
                             with both, as a multiple of with long ones",
                    above: 1.0,
                },
            ],
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let mut kinds = Vec::new();
        for (name, shortcut, join) in KINDS {
            let recipe = recipe(lab, shortcut, join);
            let mut runs = Vec::new();
            let (mut start, mut end) = (Vec::new(), Vec::new());
            for seed in lab.seeds() {
                let plan = RunPlan::new(name, seed, recipe.clone());
                let mut ends = Ends::of(lab.recipe(&plan)?)?;
                let (run, seen) = lab.train_watched(&plan, &mut ends)?;
                let [first, last] = [seen.first_key_value(), seen.last_key_value()];
                let gradients = |found: Option<(&usize, &Vec<PartSeen>)>| {
                    let (_, layers) = found.context("the network was not looked at")?;
                    Ok::<_, anyhow::Error>(layers.clone())
                };
                start.push(gradients(first)?);
                end.push(gradients(last)?);
                runs.push(run);
            }
            kinds.push(Kind {
                name: name.to_string(),
                scores: Scores::of(&runs)?,
                loss: by_epoch(&runs, |epoch| epoch.train.get("loss").copied()),
                start,
                end,
            });
        }
        Ok(Measured { kinds })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let [neither, short, long, both] = &measured.kinds[..] else {
            return Vec::new();
        };
        let share = |kind: &Kind| -> Vec<f64> {
            kind.start
                .iter()
                .map(|layers| deepest_share(layers))
                .collect()
        };
        vec![
            Estimate::of_difference(&both.scores.areas(), &neither.scores.areas()),
            Estimate::of_difference(&both.scores.borders(), &short.scores.borders()),
            Estimate::of_difference(&both.scores.areas(), &long.scores.areas()),
            Estimate::of_ratio(&share(both), &share(long)),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        let scores = measured
            .kinds
            .iter()
            .map(|kind| (kind.name.clone(), &kind.scores));
        let losses = measured.kinds.iter();
        let losses = losses.map(|kind| Series::numbered(&kind.name, &kind.loss));
        let losses = Lines {
            x: Axis::linear("epoch"),
            y: Axis::linear("loss in training"),
            series: losses.collect(),
            level: None,
        };
        let gradients = |of: fn(&Kind) -> &[Vec<PartSeen>]| {
            let series = measured
                .kinds
                .iter()
                .map(|kind| Series::numbered(&kind.name, &by_layer(of(kind))));
            Lines {
                x: Axis::linear("layer, from the image to the answer"),
                y: Axis::logarithmic("norm of the gradient"),
                series: series.collect(),
                level: None,
            }
            .svg()
        };
        let way_up = measured.kinds.first().and_then(|kind| kind.start.first());
        let way_up = way_up.and_then(|layers| {
            layers
                .iter()
                .position(|layer| layer.path.starts_with("decoder"))
        });
        let where_up = way_up.map_or(String::new(), |place| {
            format!(" The way up begins with layer {}.", place + 1)
        });
        vec![
            Exhibit::figure("Nuclei found in the test images.", bars(scores)),
            Exhibit::figure("The loss in training, epoch by epoch.", losses.svg()),
            Exhibit::figure(
                format!(
                    "The gradient of the loss by what each layer gives, before the first step.\
                     {where_up}"
                ),
                gradients(|kind| &kind.start),
            ),
            Exhibit::figure(
                format!("The same after the last step.{where_up}"),
                gradients(|kind| &kind.end),
            ),
            Exhibit::table(
                "What each network reached on the test images, on average over seeds.",
                &["skips", "mean IoU (%)", "boundary F1 (%)"],
                measured.kinds.iter().map(|kind| {
                    vec![
                        kind.name.clone(),
                        format!("{:.1}", mean(&kind.scores.areas())),
                        format!("{:.1}", mean(&kind.scores.borders())),
                    ]
                }),
            ),
        ]
    }
}

fn recipe(lab: &Lab<'_>, shortcut: &str, join: &str) -> Value {
    let blocks = lab.pick(2, 4);
    nuclei::recipe(
        lab,
        json!({
            "name": "unet-resnet20",
            "encoder": {
                "blocks": [blocks, blocks, blocks, blocks],
                "width": 8,
                "shortcut": shortcut,
            },
            "decoder": {"channels": null, "upsampling": "transposed", "join": join},
        }),
        Lesson {
            epochs: lab.pick(8, 12),
            crop: lab.pick(64, 128),
        },
    )
}

/// Looks at a network's gradients before its first step and after its last.
struct Ends {
    recipe: Recipe,
    data: DataSet,
}

impl Ends {
    fn of(recipe: Recipe) -> Result<Self> {
        Ok(Self {
            data: train::data::load(&recipe.data, recipe.run.seed)?,
            recipe,
        })
    }
}

impl Watcher for Ends {
    type Seen = Vec<PartSeen>;

    fn key(&self) -> Value {
        json!(["gradients at the ends", LAYERS, BATCH])
    }

    fn look(&mut self, network: Look<'_>) -> Result<Option<Vec<PartSeen>>> {
        let last = network.steps_per_epoch * self.recipe.run.epochs;
        if network.steps > 0 && network.steps < last {
            return Ok(None);
        }
        // A copy of its own: running statistics move as it runs.
        let model = network.model.valid().train();
        let device = model.devices().swap_remove(0);
        let batch = first_batch(&self.data, BATCH, &device)?;
        let seen = parts_seen(&model, network.config, &self.recipe.loss, batch, LAYERS)?;
        Ok(Some(seen))
    }
}

/// The gradient at the deepest layer as a multiple of that at the first.
fn deepest_share(layers: &[PartSeen]) -> f64 {
    let gradient = |found: Option<&PartSeen>| {
        // Above 0, so that it has a logarithm.
        found
            .map_or(0.0, |layer| layer.gradient)
            .max(f64::MIN_POSITIVE)
    };
    let first = layers.iter().find(|layer| layer.path == FIRST);
    let deepest = layers.iter().rfind(|layer| layer.path.starts_with(DEEPEST));
    gradient(deepest) / gradient(first)
}

/// The gradient by layer, and seed.
fn by_layer(seeds: &[Vec<PartSeen>]) -> Vec<Vec<f64>> {
    let gradients = |seed: &Vec<PartSeen>| seed.iter().map(|layer| layer.gradient).collect();
    by_place(&seeds.iter().map(gradients).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(path: &str, gradient: f64) -> PartSeen {
        PartSeen {
            path: path.to_string(),
            gradient,
            deviation: 1.0,
        }
    }

    #[test]
    fn the_deepest_layer_is_the_last_on_the_way_down() {
        let layers = [
            layer("encoder.bn1", 4.0),
            layer("encoder.layer4.0.bn1", 3.0),
            layer("encoder.layer4.1.bn2", 2.0),
            layer("decoder.0.bn1", 1.0),
        ];
        assert_eq!(deepest_share(&layers), 0.5);
    }
}
