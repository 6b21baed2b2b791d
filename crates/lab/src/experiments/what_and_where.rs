//! What joins a U-Net's long skips, and what each of them carries.

mod cost;
mod cuts;
mod live;
mod pictures;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::cost::Cost;
use self::cuts::{DEEPEST, FINEST, LEVELS};
use self::pictures::Shown;
use crate::estimate::{differences, mean};
use crate::nuclei::{self, Lesson, Scores, bars};
use crate::{Claim, Estimate, Exhibit, Experiment, Lab, Paper, Plan, Run};

/// Ronneberger 2015's long skips: how they join, and what is lost without each.
pub struct WhatAndWhere;

/// The joins in the order of the page.
const JOINS: [&str; 5] = ["concat", "add", "gate", "attention", "none"];

/// Each join's networks, and what becomes of the first join's where skips are cut.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    joins: Vec<Joined>,
    /// With the skips of every choice of levels cut, as [`cuts::chosen`] numbers them.
    cuts: Vec<Scores>,
    /// Of the first seed's network.
    pictures: Vec<Shown>,
}

/// The networks of a join.
#[derive(Debug, Serialize, Deserialize)]
struct Joined {
    join: String,
    scores: Scores,
    cost: Cost,
}

impl Experiment for WhatAndWhere {
    const NAME: &'static str = "what_and_where";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "Long skips bring back where to what",
            question: "On its way down a U-Net learns what is in the image and forgets where. Its \
                       long skips carry maps from the way down to the way up. Which join suits \
                       them, and what is lost if a level's skip is cut?",
            equation: "<i>y</i><sub>l</sub> = <i>C</i>(<i>J</i>(<i>s</i><sub>l</sub>, \
                       up(<i>y</i><sub>l+1</sub>))) &emsp; with <i>J</i>(<i>s</i>, <i>x</i>) = \
                       [<i>s</i>, <i>x</i>] &ensp;|&ensp; <i>s</i> + <i>x</i> &ensp;|&ensp; \
                       <i>t</i><i>x</i> + (1 &minus; <i>t</i>)<i>s</i> &ensp;|&ensp; [<i>x</i>, \
                       <i>ts</i>] &ensp;|&ensp; <i>x</i>, &ensp; 0 &lt; <i>t</i> &lt; 1",
            papers: &[
                Paper {
                    title: "Ronneberger et al. 2015, U-Net: Convolutional Networks for Biomedical \
                            Image Segmentation",
                    link: "https://arxiv.org/abs/1505.04597",
                },
                Paper {
                    title: "Chaurasia and Culurciello 2017, LinkNet",
                    link: "https://arxiv.org/abs/1707.03718",
                },
                Paper {
                    title: "Oktay et al. 2018, Attention U-Net: Learning Where to Look for the \
                            Pancreas",
                    link: "https://arxiv.org/abs/1804.03999",
                },
            ],
            design: "U-Nets that halve the image four times learn to find nuclei with each of five \
                     joins: concatenation (U-Net), addition (LinkNet), a highway's gate, an \
                     attention gate, none. Then the skips of the networks that concatenate are cut \
                     at test time, in all 16 combinations: instead of a map its channels' means \
                     arrive, so that it says nothing of where; the network does not learn anew. The boundary F1 counts pixels of outlines within \
                     2 pixels of the true ones. Time is the median of steps (forward, loss and \
                     backward, of 4 images of 256x256) that the joins' networks take in turns; \
                     memory is the most that one of them takes, besides the network and the \
                     images. The first stage has a width of 8. The full profile has 334 images to \
                     learn from, the quick one 70, fewer epochs and smaller crops; both have the \
                     same 24 test images. AdamW, one-cycle schedule, cross-entropy and Dice loss, \
                     batches of 4 crops.",
            claims: &[
                Claim {
                    says: "With concatenated skips borders are sharper than without any.",
                    effect: "boundary F1, concatenation less none, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "Cutting the finest skip blurs borders more than cutting the deepest.",
                    effect: "fall in boundary F1, finest less deepest skip cut, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "The finest skip carries where, not what: without it borders suffer more \
                           than areas.",
                    effect: "finest skip cut, fall in boundary F1 less fall in IoU, in percent",
                    above: 0.0,
                },
            ],
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let mut runs = Vec::new();
        for join in JOINS {
            let recipe = nuclei::recipe(
                lab,
                json!({
                    "name": "unet8",
                    "decoder": {"join": join},
                }),
                Lesson {
                    epochs: lab.pick(8, 30),
                    crop: lab.pick(64, 128),
                },
            );
            runs.push(lab.train_seeds(join, &recipe)?);
        }
        let costs = cost::of_each(lab, &runs)?;
        let joined = |((join, runs), cost): ((&str, &Vec<Run>), Cost)| {
            Ok(Joined {
                join: join.to_string(),
                scores: Scores::of(runs)?,
                cost,
            })
        };
        let joins = JOINS.into_iter().zip(&runs).zip(costs);
        Ok(Measured {
            joins: joins.map(joined).collect::<Result<_>>()?,
            cuts: cuts::measure(lab, &runs[0])?,
            pictures: pictures::of(lab, &runs[0][0])?,
        })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let borders = |join: &str| {
            let found = measured.joins.iter().find(|joined| joined.join == join);
            found.map_or(Vec::new(), |joined| joined.scores.borders())
        };
        let whole = &measured.cuts[0];
        let [finest, deepest] = [FINEST, DEEPEST].map(|level| &measured.cuts[1 << level]);
        let blurred = |cut: &Scores| differences(&whole.borders(), &cut.borders());
        let lost = |cut: &Scores| differences(&whole.areas(), &cut.areas());
        vec![
            Estimate::of_difference(&borders("concat"), &borders("none")),
            Estimate::of_difference(&blurred(finest), &blurred(deepest)),
            Estimate::of_difference(&blurred(finest), &lost(finest)),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        let Measured { joins, cuts, .. } = measured;
        let alone = (0..LEVELS).map(|level| (cuts::name(level), &cuts[1 << level]));
        let none = ("none".to_string(), &cuts[0]);
        let all = ("all".to_string(), &cuts[cuts.len() - 1]);
        vec![
            Exhibit::figure(
                "Nuclei found in the test images, by how the long skips join.",
                bars(
                    joins
                        .iter()
                        .map(|joined| (joined.join.clone(), &joined.scores)),
                ),
            ),
            Exhibit::table(
                "What each join gives on average over seeds, and what it costs.",
                &[
                    "join",
                    "mean IoU (%)",
                    "boundary F1 (%)",
                    "parameters",
                    "memory of a step (MiB)",
                    "time of a step (ms)",
                ],
                joins.iter().map(row),
            ),
            Exhibit::figure(
                "The networks that concatenate, with one level's skip cut at test time, by the \
                 size of its maps, or with none or all cut.",
                bars([none].into_iter().chain(alone).chain([all])),
            ),
            live::exhibit(measured),
        ]
    }
}

fn row(joined: &Joined) -> Vec<String> {
    let Joined { join, scores, cost } = joined;
    vec![
        join.clone(),
        format!("{:.1}", mean(&scores.areas())),
        format!("{:.1}", mean(&scores.borders())),
        cost.parameters.to_string(),
        format!("{:.0}", cost.bytes as f64 / f64::from(1 << 20)),
        format!("{:.0}", cost.milliseconds),
    ]
}
