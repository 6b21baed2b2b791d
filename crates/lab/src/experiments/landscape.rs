//! The loss around a deep network, with and without shortcuts.

mod curvature;
mod measure;
mod path;
mod plane;
mod shown;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::measure::{Around, Grid, Surface, path_of, surface_of};
use self::path::Snapshots;
use super::narrow;
use crate::{Claim, Estimate, Exhibit, Experiment, Lab, Paper, Plan, Profile, Run, RunPlan};

/// Li 2018's loss landscapes.
pub struct Landscape;

/// The surfaces of each kind of network.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    grid: Grid,
    shallow: Kind,
    plain: Kind,
    residual: Kind,
}

/// Networks of one kind.
#[derive(Debug, Serialize, Deserialize)]
struct Kind {
    name: String,
    /// By seed.
    test_error: Vec<f64>,
    /// By seed, of all planes.
    around: Vec<Around>,
    /// The first plane of the first seed.
    surface: Surface,
    /// The path of the first seed.
    path: Surface,
}

impl Kind {
    /// See [`Around::downward`], by seed, in percent.
    fn downward(&self) -> Vec<f64> {
        self.around
            .iter()
            .map(|around| 100.0 * around.downward)
            .collect()
    }

    /// See [`Around::valley`], by seed, in percent.
    fn valley(&self) -> Vec<f64> {
        self.around
            .iter()
            .map(|around| 100.0 * around.valley)
            .collect()
    }
}

/// In how many planes each network is looked at.
const PLANES: usize = 3;

/// A kind of network that is trained.
struct Design {
    name: String,
    shortcut: &'static str,
    blocks: usize,
}

impl Experiment for Landscape {
    const NAME: &'static str = "landscape";

    type Measured = Measured;

    fn plan() -> Plan {
        Plan {
            title: "Shortcuts smooth the loss around a deep network",
            question: "Learning goes down a surface: the loss, over all parameters. Li and others \
                       looked at it along two random directions, and saw chaos around deep \
                       networks without shortcuts and a smooth bowl around those with them. Is it \
                       so, in a number?",
            equation: "<i>L</i>(<i>&theta;</i> + <i>&alpha;</i><i>d</i><sub>1</sub> + \
                       <i>&beta;</i><i>d</i><sub>2</sub>), &emsp; each filter of <i>d</i> as long \
                       as that of <i>&theta;</i>; &emsp; downward curvature = \
                       &lambda;<sub>&minus;</sub> / (&lambda;<sub>+</sub> + \
                       &lambda;<sub>&minus;</sub>)",
            papers: &[Paper {
                title: "Li et al. 2018, Visualizing the Loss Landscape of Neural Nets",
                link: "https://arxiv.org/abs/1712.09913",
            }],
            design: "A shallow plain, a deep plain and a deep residual CIFAR network (shortcuts \
                     without parameters) are trained by one recipe, all 8 channels wide in their \
                     first stage. Around each, two random directions are drawn, three times; each \
                     filter of a direction is made as long as the network's own, and biases and \
                     normalisations stay as they are, with the running statistics of the trained \
                     network, as in the paper's code. On the square from -1 to 1 in both \
                     directions, as there, the loss of a fixed set of training images is computed \
                     at each point of a grid. The two eigenvalues of the Hessian in the plane are \
                     found at each inner point by differences; the curvature is downward as far as \
                     the least is below 0: 0 for a convex surface, 1 for a hill, averaged over the \
                     grid and the three planes. A loss above a million, or that is no number, \
                     counts as a million. The path of the optimizer is drawn for the first seed, \
                     in the plane through its last point that holds most of it (principal \
                     components). The full profile has 20 and 56 layers, CIFAR-10 (10,000 images \
                     to learn from, 6 epochs), and a grid of 17 by 17 points with 128 images; the \
                     quick one 8 and 32 layers, 1,500 digits, 3 epochs, and 11 by 11 points with \
                     24 images. In so short a time the deep plain network of the quick profile is \
                     far from done, and with few images the intervals are wide: what the quick \
                     profile shows is how it is done.",
            claims: &[
                Claim {
                    says: "The surface around the deep plain network is less convex than that \
                           around the deep residual one.",
                    effect: "downward part of the curvature, plain less residual, in percent",
                    above: 0.0,
                },
                Claim {
                    says: "It is depth that does it: around the shallow plain network the surface \
                           is more convex.",
                    effect: "downward part of the curvature, deep plain less shallow plain, in \
                             percent",
                    above: 0.0,
                },
                Claim {
                    says: "The residual network stands in a wider valley.",
                    effect: "part of the plane that is better than guessing, residual less plain, \
                             in percent",
                    above: 0.0,
                },
            ],
        }
    }

    fn measure(lab: &mut Lab<'_>) -> Result<Measured> {
        let (shallow, deep) = lab.pick((1, 5), (3, 9));
        let (points, images) = match lab.profile() {
            Profile::Tiny => (5, 8),
            Profile::Quick => (11, 24),
            Profile::Full => (17, 128),
        };
        let grid = Grid {
            extent: 1.0,
            points,
            images,
        };
        let mut kind = |name: &str, shortcut, blocks| {
            let name = format!("{name} {}", 6 * blocks + 2);
            let design = Design {
                name,
                shortcut,
                blocks,
            };
            measured(lab, grid, design)
        };
        Ok(Measured {
            grid,
            shallow: kind("plain", "plain", shallow)?,
            plain: kind("plain", "plain", deep)?,
            residual: kind("residual", "zero_pad", deep)?,
        })
    }

    fn effects(measured: &Measured) -> Vec<Estimate> {
        let Measured {
            shallow,
            plain,
            residual,
            ..
        } = measured;
        vec![
            Estimate::of_difference(&plain.downward(), &residual.downward()),
            Estimate::of_difference(&plain.downward(), &shallow.downward()),
            Estimate::of_difference(&residual.valley(), &plain.valley()),
        ]
    }

    fn show(measured: &Measured) -> Vec<Exhibit> {
        shown::exhibits(measured)
    }
}

fn measured(lab: &mut Lab<'_>, grid: Grid, design: Design) -> Result<Kind> {
    let recipe = recipe(lab, &design);
    let plan = |seed| RunPlan::new(&design.name, seed, recipe.clone());
    let mut plans: Vec<_> = lab.seeds().into_iter().map(plan).collect();
    ensure!(!plans.is_empty(), "there are no seeds");
    let first = plans.remove(0);
    let mut snapshots = Snapshots {
        per_epoch: lab.pick(6, 2),
    };
    let (first, seen) = lab.train_watched(&first, &mut snapshots)?;
    let others = lab.train(&plans)?;
    let path = path_of(lab, &first, grid, seen)?;
    let surface = surface_of(lab, &first, grid, 0)?;
    let runs: Vec<_> = [first].into_iter().chain(others).collect();
    let mut around = Vec::new();
    for run in &runs {
        let planes = (0..PLANES).map(|plane| surface_of(lab, run, grid, plane));
        around.push(Around::of(&planes.collect::<Result<Vec<_>>>()?));
    }
    Ok(Kind {
        name: design.name,
        test_error: runs.iter().map(Run::test_error).collect::<Result<_>>()?,
        around,
        surface,
        path,
    })
}

fn recipe(lab: &Lab<'_>, design: &Design) -> Value {
    let data = lab.classes(lab.pick(1500, 10_000));
    let batch_size = lab.pick(32, 128);
    narrow::recipe(
        data,
        design.blocks,
        design.shortcut,
        lab.pick(3, 6),
        batch_size,
    )
}
