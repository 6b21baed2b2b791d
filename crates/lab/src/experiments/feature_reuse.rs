//! Concatenation lets features be used again.

mod blocks;
mod budget;
mod cut;
mod drawing;
mod networks;
mod weights;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::blocks::blocks;
use self::budget::{Network, advantage};
use self::cut::{early_need, error_without_early, needs};
use self::drawing::drawing;
use self::networks::{dense, dense_layers, recipe, residual};
use self::weights::weights;
use crate::estimate::percent;
use crate::figure::{Axis, Heat, Lines, Series};
use crate::{Claim, Estimate, Exhibit, Experiment, Lab, Paper, Plan, Run};

/// Huang 2017's comparison of dense with residual networks, and their layers' use of each other.
pub struct FeatureReuse;

/// A number for each source that each layer of a block reads, and at last for what follows it.
type BySource = Vec<Vec<f64>>;

/// What the networks came to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    residual: Vec<Network>,
    dense: Vec<Network>,
    /// The DenseNet that is looked into.
    inside: String,
    /// Of each seed, by block: how much weight its layers give to what they read.
    weights: Vec<Vec<BySource>>,
    /// Of each seed, by block: how much the loss grows where they do not read it.
    needs: Vec<Vec<BySource>>,
    /// By seed.
    whole_error: Vec<f64>,
    cut_error: Vec<f64>,
}

impl Experiment for FeatureReuse {
    const NAME: &'static str = "feature_reuse";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "Concatenation lets features be used again",
            question: "If each layer sees what all layers before it made, it need not make it again. \
                       Do such networks need fewer weights, and do late layers still look at early \
                       ones?",
            equation: "<i>x</i><sub><i>l</i></sub> = <i>F</i><sub><i>l</i></sub>([<i>x</i><sub>0</sub>, \
                       <i>x</i><sub>1</sub>, …, <i>x</i><sub><i>l</i>−1</sub>])",
            papers: &[Paper {
                title: "Huang et al. 2017, Densely Connected Convolutional Networks",
                link: "https://arxiv.org/abs/1608.06993",
            }],
            design: "CIFAR ResNets of several widths, with parameter-free shortcuts, and DenseNets \
                     with bottlenecks and compression (BC) of several growth rates, all by one \
                     recipe: SGD with momentum 0.9, one-cycle schedule. Families are compared at the \
                     sizes of the DenseNets that lie between two ResNets, whose error in between is \
                     read off a straight line over the logarithm of the size. The full profile has \
                     ResNet-20, DenseNet-BC-40 and 10,000 images of CIFAR-10, the quick one \
                     ResNet-14, DenseNet-BC-22 and 1,200 of the small digits. Both are far fewer \
                     steps than the paper's 300 epochs, and networks that learn faster have an \
                     advantage. Inside the largest DenseNet weights say little after few steps, \
                     since a network that has not learned gives all that it reads the same weight. \
                     So layers are also kept from reading: the weights by which they read \
                     something are set to zero, and nothing is learned anew. The last claim's cut \
                     keeps the last third of each block's layers from reading its input and the \
                     first third of its layers.",
            claims: &[
                Claim {
                    says: "With as many parameters, a DenseNet has a lower test error than a ResNet.",
                    effect: "test error at equal parameters, ResNet less DenseNet, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "With as many multiply-adds, too.",
                    effect: "test error at equal multiply-adds, ResNet less DenseNet, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "The last layers of a block need its first layers at least half as much as \
                           they need all layers on average.",
                    effect: "growth of the loss where a layer of the last third does not read one of \
                             the first third, as a multiple of that where it does not read any one",
                    above: 0.5,
                },
                Claim {
                    says: "Without its input and its first layers the last ones fail.",
                    effect: "test error, cut less whole, in percent",
                    above: 5.0,
                },
            ],
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let (residual, _) = family(lab, residual(lab))?;
        let (dense, largest) = family(lab, dense(lab))?;
        let layers = dense_layers(lab);
        let inside = largest.iter().map(|run| look_inside(lab, run, layers));
        let inside = inside.collect::<Result<Vec<_>>>()?;
        let name = dense.last().map(|network| network.name.clone());
        Ok(Measured {
            residual,
            dense,
            inside: name.unwrap_or_default(),
            whole_error: inside.iter().map(|inside| inside.whole_error).collect(),
            cut_error: inside.iter().map(|inside| inside.cut_error).collect(),
            weights: inside.iter().map(|inside| inside.weights.clone()).collect(),
            needs: inside.into_iter().map(|inside| inside.needs).collect(),
        })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let Measured {
            residual, dense, ..
        } = measured;
        let early: Vec<_> = measured
            .needs
            .iter()
            .map(|blocks| early_need(blocks))
            .collect();
        vec![
            Estimate::of_mean(&advantage(residual, dense, |network| network.parameters)),
            Estimate::of_mean(&advantage(residual, dense, |network| network.macs)),
            Estimate::of_mean(&early),
            Estimate::of_difference(
                &percent(&measured.cut_error),
                &percent(&measured.whole_error),
            ),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        let mut exhibits = vec![
            Exhibit::new(
                "A dense block of five layers. A colour is what one box gives; each layer adds k \
                 channels, and reads all that is there.",
                drawing(),
            ),
            Exhibit::figure(
                "Error on the test images by parameters.",
                by_cost(measured, "parameters (thousands)", |network| {
                    network.parameters / 1e3
                }),
            ),
            Exhibit::figure(
                "Error on the test images by multiply-adds.",
                by_cost(
                    measured,
                    "multiply-adds for an image (millions)",
                    |network| network.macs / 1e6,
                ),
            ),
            sizes(measured),
        ];
        exhibits.extend(maps(
            &measured.inside,
            "the mean absolute weight by which each layer reads each source, where 1 is the \
             layer's mean, as in a network that has not learned",
            "weight",
            &measured.weights,
        ));
        exhibits.extend(maps(
            &measured.inside,
            "how much the loss over some test images grows where a layer does not read a source",
            "growth of the loss",
            &measured.needs,
        ));
        exhibits.push(Exhibit::reported(
            "The paper's figures on CIFAR-10 with augmentation, for comparison (table 2).",
            ["network", "parameters (millions)", "test error (%)"],
            &[
                ["ResNet-110, as Huang 2016 trained it", "1.7", "6.41"],
                ["ResNet-1001, pre-activation", "10.2", "4.62"],
                ["DenseNet-BC-100, growth 12", "0.8", "4.51"],
                ["DenseNet-BC-250, growth 24", "15.3", "3.62"],
            ],
        ));
        exhibits
    }
}

/// Trains a family; also the runs of its largest network.
fn family(lab: &mut Lab<'_>, models: Vec<(String, Value)>) -> Result<(Vec<Network>, Vec<Run>)> {
    let mut networks = Vec::new();
    let mut largest = Vec::new();
    for (name, model) in models {
        let recipe = recipe(lab, &model);
        let runs = lab.train_seeds(&name, &recipe)?;
        networks.push(Network {
            parameters: runs[0].summary.parameters as f64,
            macs: macs(lab, &runs[0])?,
            test_error: runs.iter().map(Run::test_error).collect::<Result<_>>()?,
            name,
        });
        largest = runs;
    }
    Ok((networks, largest))
}

fn macs(lab: &mut Lab<'_>, run: &Run) -> Result<f64> {
    lab.kept(json!({"multiply-adds of": run.id()}), |device| {
        let learned = run.learned(device)?;
        Ok(learned.config.measure(learned.problem.image).macs as f64)
    })
}

/// What is seen in a DenseNet.
#[derive(Debug, Serialize, Deserialize)]
struct Inside {
    weights: Vec<BySource>,
    needs: Vec<BySource>,
    whole_error: f64,
    cut_error: f64,
}

fn look_inside(lab: &mut Lab<'_>, run: &Run, layers: usize) -> Result<Inside> {
    let whole_error = run.test_error()?;
    lab.kept(json!({"inside of": run.id(), "layers": layers}), |device| {
        let learned = run.learned(device)?;
        let blocks = blocks(&learned, layers)?;
        Ok(Inside {
            weights: weights(&learned, &blocks)?,
            needs: needs(&learned, &blocks, device)?,
            whole_error,
            cut_error: error_without_early(&learned, &blocks, device)?,
        })
    })
}

fn by_cost(measured: &Measured, label: &str, cost: fn(&Network) -> f64) -> String {
    let families = [
        ("ResNet", &measured.residual),
        ("DenseNet-BC", &measured.dense),
    ];
    let series = families.map(|(name, networks)| {
        let points = networks
            .iter()
            .map(|network| (cost(network), percent(&network.test_error)));
        Series::new(name, points.collect())
    });
    Lines {
        x: Axis::logarithmic(label),
        y: Axis::linear("test error (%)"),
        series: series.to_vec(),
        level: None,
    }
    .svg()
}

fn sizes(measured: &Measured) -> Exhibit {
    let row = |network: &Network| {
        let error = Estimate::of_mean(&percent(&network.test_error));
        vec![
            network.name.clone(),
            format!("{:.0}", network.parameters),
            format!("{:.1}", network.macs / 1e6),
            error.with_interval(2),
        ]
    };
    let networks = measured.residual.iter().chain(&measured.dense);
    Exhibit::table(
        "The networks; errors are means over seeds, with intervals of 95 %.",
        &[
            "network",
            "parameters",
            "multiply-adds (millions)",
            "test error (%)",
        ],
        networks.map(row),
    )
}

/// A map for each block.
fn maps(network: &str, says: &str, scale: &str, seeds: &[Vec<BySource>]) -> Vec<Exhibit> {
    let blocks = seeds.first().map_or(0, Vec::len);
    let map = |block: usize| {
        let number = block + 1;
        let caption = format!(
            "{network}, block {number} of {blocks}: {says}; averaged over seeds. The last row is \
             what follows the block; what is not read is 0."
        );
        let of_block = seeds.iter().map(|blocks| &blocks[block]);
        Exhibit::figure(caption, heat(scale, &of_block.collect::<Vec<_>>()))
    };
    (0..blocks).map(map).collect()
}

/// A block's sources by layer, averaged over seeds, without the first layer, which reads the input
/// alone.
fn heat(scale: &str, seeds: &[&BySource]) -> String {
    let sources = seeds[0].len();
    let mut rows = vec![vec![0.0; sources]; sources - 1];
    for by_source in seeds {
        for (row, values) in rows.iter_mut().zip(&by_source[1..]) {
            for (sum, value) in row.iter_mut().zip(values) {
                *sum += value / seeds.len() as f64;
            }
        }
    }
    let layers = |first: usize| (first..sources).map(|layer| format!("layer {layer}"));
    Heat {
        x: "what is read".to_string(),
        y: "what reads".to_string(),
        scale: scale.to_string(),
        columns: ["input".to_string()].into_iter().chain(layers(1)).collect(),
        rows: layers(2).chain(["after".to_string()]).collect(),
        values: rows,
    }
    .svg()
}
