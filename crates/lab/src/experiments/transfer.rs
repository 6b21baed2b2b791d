//! One network's learning serves several tasks.

mod halves;

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use weights::to_safetensors;

use self::halves::Halves;
use crate::estimate::percent;
use crate::figure::{Axis, Lines, Series};
use crate::gather::by_epoch;
use crate::nuclei::{self, Lesson};
use crate::{Claim, Epoch, Estimate, Exhibit, Experiment, Lab, Paper, Plan, Run, RunPlan, kept};

/// An encoder that has learned some classes, reused for others, for masks and for points.
pub struct Transfer;

/// Each task's networks.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// The part of the first half's test images that the networks which are reused take for another
    /// class, by seed.
    first_half_error: Vec<f64>,
    /// How many images of each class of the other half were learned from.
    labels: usize,
    other_half: Pair,
    nuclei: Pair,
    points: Pair,
}

/// Networks of one task whose encoders start at random, and of such that have learned before.
#[derive(Debug, Serialize, Deserialize)]
struct Pair {
    scratch: Learner,
    reused: Learner,
}

/// How networks learn a task, in its own unit.
#[derive(Debug, Serialize, Deserialize)]
struct Learner {
    /// On the test images, by seed.
    test: Vec<f64>,
    /// On the validation images, by epoch, and seed.
    valid: Vec<Vec<f64>>,
}

impl Experiment for Transfer {
    const NAME: &'static str = "transfer";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "One set of weights serves several tasks",
            question: "An encoder that has learned to tell some things apart has found features. \
                       Are they of use for other things, for masks, for points, where few answers \
                       are known?",
            equation: "<i>y</i> = <i>h</i>(<i>E</i>(<i>x</i>; <i>w</i>)) &emsp; <i>w</i> from the \
                       task before, or drawn at random; all of it learns on",
            papers: &[
                Paper {
                    title: "Yosinski et al. 2014, How Transferable Are Features in Deep Neural \
                            Networks?",
                    link: "https://arxiv.org/abs/1411.1792",
                },
                Paper {
                    title: "Ronneberger et al. 2015, U-Net: Convolutional Networks for Biomedical \
                            Image Segmentation",
                    link: "https://arxiv.org/abs/1505.04597",
                },
                Paper {
                    title: "Maninis et al. 2017, Deep Extreme Cut: From Extreme Points to Object \
                            Segmentation",
                    link: "https://arxiv.org/abs/1711.09081",
                },
            ],
            design: "A CIFAR ResNet learns the first five classes of ten. Its encoder is then the \
                     start of three networks, beside twins that start at random: a classifier of \
                     the other five classes, a U-Net that finds nuclei, and a U-Net that gives the \
                     four extreme points of a nucleus, taken from its real mask, as heat maps. \
                     Each pair has one recipe and one seed; nothing is frozen. Few answers are \
                     known: 1 % of the other classes' labels (quick: 5 images of each class), \
                     other ones for each seed; 24 images of nuclei (quick: 16); 200 cut-outs with \
                     points. Epochs of the classifiers are compared on the images that they \
                     learned from, so that no other label is used. The full profile has CIFAR-10 \
                     and a ResNet-20; its three channels are summed for gray nuclei. The quick one \
                     has digits and a ResNet-8 half as wide; strokes of digits are little like \
                     nuclei, so that small or no gains are to be expected there.",
            claims: &[
                Claim {
                    says: "For other classes with few labels the reused encoder is better.",
                    effect: "test error on the other half, from scratch less reused, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "Under a U-Net it finds more of the nuclei.",
                    effect: "mean IoU, reused less from scratch, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "Its key points are nearer to the true ones.",
                    effect: "mean distance, from scratch less reused, in pixels",
                    above: 0.0,
                },
            ],
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let halves = Halves::of(lab)?;
        let recipe = first_half(lab, &halves.first()?);
        let before = lab.train_seeds("first half", &recipe)?;
        let mut encoders = Vec::new();
        for run in &before {
            encoders.push(exported(lab, run)?);
        }

        let labels = lab.pick(5, halves.rarest() / 100).max(1);
        let mut recipes = Vec::new();
        for draw in 0..encoders.len() {
            recipes.push(other_half(lab, &halves.few(labels, draw)?));
        }
        let other_half = Task {
            name: "other half",
            recipes,
            taken: "new_head",
            metric: "accuracy",
            in_its_unit: |accuracy| 100.0 * (1.0 - accuracy),
        };
        let nuclei = Task {
            name: "nuclei",
            recipes: vec![few_nuclei(lab); encoders.len()],
            taken: "encoder_only",
            metric: "mean_iou",
            in_its_unit: |iou| 100.0 * iou,
        };
        let points = Task {
            name: "points",
            recipes: vec![few_points(lab); encoders.len()],
            taken: "encoder_only",
            metric: "mean_distance",
            in_its_unit: |distance| distance,
        };
        Ok(Measured {
            first_half_error: before.iter().map(Run::test_error).collect::<Result<_>>()?,
            labels,
            other_half: other_half.learned(lab, &encoders)?,
            nuclei: nuclei.learned(lab, &encoders)?,
            points: points.learned(lab, &encoders)?,
        })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let Measured {
            other_half,
            nuclei,
            points,
            ..
        } = measured;
        vec![
            Estimate::of_difference(&other_half.scratch.test, &other_half.reused.test),
            Estimate::of_difference(&nuclei.reused.test, &nuclei.scratch.test),
            Estimate::of_difference(&points.scratch.test, &points.reused.test),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        let Measured {
            first_half_error,
            labels,
            other_half,
            nuclei,
            points,
        } = measured;
        let before = percent(first_half_error);
        let row = |task: &str, Pair { scratch, reused }: &Pair| {
            vec![
                task.to_string(),
                Estimate::of_mean(&scratch.test).with_interval(2),
                Estimate::of_mean(&reused.test).with_interval(2),
                Estimate::of_difference(&reused.test, &scratch.test).with_interval(2),
            ]
        };
        vec![
            Exhibit::table(
                format!(
                    "On the test images: means with intervals of 95 % over seeds. Of each class of \
                     the other half {labels} images were learned from. On the first half the \
                     networks that are reused have a test error of {} %.",
                    Estimate::of_mean(&before).with_interval(2)
                ),
                &[
                    "task",
                    "from scratch",
                    "reused encoder",
                    "reused less from scratch",
                ],
                [
                    row("other half, test error (%)", other_half),
                    row("nuclei, mean IoU (%)", nuclei),
                    row("points, mean distance (pixels)", points),
                ],
            ),
            Exhibit::figure(
                "The other half: error on the few images that are learned from, after each epoch.",
                curves("error (%)", other_half),
            ),
            Exhibit::figure(
                "Nuclei: mean IoU on the validation images, after each epoch.",
                curves("mean IoU (%)", nuclei),
            ),
            Exhibit::figure(
                "Points: mean distance on the validation images, after each epoch.",
                curves("mean distance (pixels)", points),
            ),
        ]
    }
}

/// What networks learn with an encoder that is new, and with one that is reused.
struct Task {
    name: &'static str,
    /// By seed.
    recipes: Vec<Value>,
    /// The key of a model that says how much of the weights is taken.
    taken: &'static str,
    metric: &'static str,
    in_its_unit: fn(f64) -> f64,
}

impl Task {
    fn learned(self, lab: &mut Lab<'_>, encoders: &[PathBuf]) -> Result<Pair> {
        let seeds = || lab.seeds().into_iter().zip(&self.recipes);
        let scratch = seeds().map(|(seed, recipe)| {
            let name = format!("{}, from scratch", self.name);
            RunPlan::new(name, seed, recipe.clone())
        });
        let reused = seeds().zip(encoders).map(|((seed, recipe), encoder)| {
            let mut recipe = recipe.clone();
            recipe["model"]["weights"] = path(encoder);
            recipe["model"][self.taken] = true.into();
            RunPlan::new(format!("{}, reused", self.name), seed, recipe)
        });
        let (scratch, reused): (Vec<_>, Vec<_>) = (scratch.collect(), reused.collect());
        Ok(Pair {
            scratch: self.measured(&lab.train(&scratch)?)?,
            reused: self.measured(&lab.train(&reused)?)?,
        })
    }

    fn measured(&self, runs: &[Run]) -> Result<Learner> {
        let test = |run: &Run| Ok((self.in_its_unit)(run.test(self.metric)?));
        let valid = |epoch: &Epoch| Some((self.in_its_unit)(*epoch.valid.get(self.metric)?));
        Ok(Learner {
            test: runs.iter().map(test).collect::<Result<_>>()?,
            valid: by_epoch(runs, valid),
        })
    }
}

/// The encoder that is reused.
fn encoder(lab: &Lab<'_>) -> Value {
    let blocks = lab.pick(1, 3);
    json!({"blocks": [blocks, blocks, blocks], "width": lab.pick(8, 16)})
}

fn classifier(lab: &Lab<'_>) -> Value {
    json!({"name": "resnet20", "encoder": encoder(lab)})
}

fn under_a_decoder(lab: &Lab<'_>) -> Value {
    json!({
        "name": "unet-resnet20",
        "encoder": encoder(lab),
        "decoder": {"channels": null, "upsampling": "transposed"},
    })
}

fn first_half(lab: &Lab<'_>, images: &Path) -> Value {
    json!({
        "data": {"path": path(images)},
        "model": classifier(lab),
        "run": {"epochs": lab.pick(4, 10), "batch_size": lab.pick(32, 128)},
        "optimizer": {"name": "sgd", "lr": 0.1, "weight_decay": 5e-4},
        "schedule": {"name": "onecycle", "warm_up": 0.2},
        "augmentation": moves(lab),
    })
}

fn other_half(lab: &Lab<'_>, images: &Path) -> Value {
    json!({
        "data": {"path": path(images)},
        "model": classifier(lab),
        "run": {"epochs": lab.pick(20, 60), "batch_size": lab.pick(5, 25)},
        "optimizer": {"name": "sgd", "lr": 0.02, "weight_decay": 5e-4},
        "schedule": {"name": "onecycle", "warm_up": 0.2},
        "augmentation": moves(lab),
    })
}

/// A mirrored digit is another sign; a mirrored thing is not.
fn moves(lab: &Lab<'_>) -> Value {
    lab.pick(
        json!([{"shift": {"pixels": 2}}]),
        json!([{"shift": {"pixels": 4}}, "flip_horizontal"]),
    )
}

fn few_nuclei(lab: &Lab<'_>) -> Value {
    let lesson = Lesson {
        epochs: lab.pick(12, 20),
        crop: lab.pick(64, 128),
    };
    let mut recipe = nuclei::recipe(lab, under_a_decoder(lab), lesson);
    recipe["data"]["limit"] = lab.pick(16, 24).into();
    recipe
}

fn few_points(lab: &Lab<'_>) -> Value {
    json!({
        "data": {"path": "nuclei-points", "limit": 200},
        "model": under_a_decoder(lab),
        "run": {"epochs": lab.pick(6, 20), "batch_size": 16},
        "optimizer": {"name": "adamw", "lr": 3e-3},
        "schedule": {"name": "onecycle", "warm_up": 0.2},
    })
}

/// The network of a run as a file of weights.
fn exported(lab: &Lab<'_>, run: &Run) -> Result<PathBuf> {
    let path = lab.folder().join(format!("{}.safetensors", run.id()));
    if !path.is_file() {
        let bytes = lab.on_device(|device| {
            let learned = run.learned(device)?;
            Ok(to_safetensors(&learned.model, &learned.config)?)
        })?;
        kept::write(&path, &bytes)?;
    }
    Ok(path)
}

fn path(path: &Path) -> Value {
    path.to_string_lossy().into()
}

fn curves(y: &str, Pair { scratch, reused }: &Pair) -> String {
    let series = [("from scratch", scratch), ("reused encoder", reused)]
        .map(|(name, learner)| Series::numbered(name, &learner.valid));
    Lines {
        x: Axis::linear("epoch"),
        y: Axis::linear(y),
        series: series.to_vec(),
        level: None,
    }
    .svg()
}
