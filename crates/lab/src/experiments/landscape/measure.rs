//! The loss over a plane around a trained network, and over that of its path.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use train::Learned;
use train::data::{Batch, load_for};
use weights::entries;

use super::curvature::downward;
use super::path::{Snapshot, path_plane};
use super::plane::{Plane, filter_normalised, spread};
use crate::{Lab, Run, first_batch};

/// Where the loss is computed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Grid {
    /// How far from the middle, in lengths of each filter.
    pub extent: f64,
    /// How many points along each side.
    pub points: usize,
    /// How many training images the loss is of.
    pub images: usize,
}

/// The loss over a plane.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Surface {
    pub columns: Vec<f64>,
    pub rows: Vec<f64>,
    /// A row for each of `rows`.
    pub losses: Vec<Vec<f64>>,
    /// The loss of guessing among the classes.
    pub guessing: f64,
    /// The path of the optimizer from above; empty where the plane is not that of a path.
    pub path: Vec<(f64, f64)>,
    /// How much of the path lies along each direction.
    pub explained: [f64; 2],
}

impl Surface {
    /// The part of the points at which the loss is lower than that of guessing.
    fn valley(&self) -> f64 {
        let losses = || self.losses.iter().flatten();
        let below = losses().filter(|loss| **loss < self.guessing).count();
        below as f64 / losses().count().max(1) as f64
    }

    /// The mean of [`downward`].
    fn downward(&self) -> f64 {
        let shares = downward(&self.losses);
        shares.iter().sum::<f64>() / shares.len().max(1) as f64
    }
}

/// What the surfaces around a network are like.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Around {
    /// How much of the curvature is downward, on average over all planes: a part of 1.
    pub downward: f64,
    /// The part of the planes on which the loss is lower than that of guessing.
    pub valley: f64,
    /// The losses along the first direction of the first plane.
    pub slice: Vec<f64>,
}

impl Around {
    /// Of the surfaces over some planes.
    pub fn of(surfaces: &[Surface]) -> Self {
        let mean = |value: fn(&Surface) -> f64| {
            let sum: f64 = surfaces.iter().map(value).sum();
            sum / surfaces.len().max(1) as f64
        };
        let first = surfaces.first();
        let middle = first.and_then(|surface| surface.losses.get(surface.rows.len() / 2));
        Self {
            downward: mean(Surface::downward),
            valley: mean(Surface::valley),
            slice: middle.cloned().unwrap_or_default(),
        }
    }

    /// The loss of the network as it was trained.
    pub fn centre(&self) -> f64 {
        self.slice
            .get(self.slice.len() / 2)
            .copied()
            .unwrap_or(f64::NAN)
    }
}

/// Around a trained network, in two random directions that follow from its seed and the plane's
/// number.
pub(super) fn surface_of(
    lab: &mut Lab<'_>,
    run: &Run,
    grid: Grid,
    plane: usize,
) -> Result<Surface> {
    let number = plane + 1;
    lab.say(&format!(
        "plane {number} around '{}', seed {}",
        run.name, run.seed
    ));
    // Not the seed of the run: its numbers drew the network, which would be its own direction.
    let seed = 1000 * run.seed + plane as u64;
    lab.kept(("landscape", run.id(), grid, seed), |device| {
        let learned = run.learned(device)?;
        let batch = images(&learned, grid, device)?;
        let start = entries(&learned.model, &learned.config)?;
        device.seed(seed);
        let directions = [
            filter_normalised(&start, device)?,
            filter_normalised(&start, device)?,
        ];
        let plane = Plane {
            model: learned.model.clone(),
            config: learned.config.clone(),
            start,
            directions,
        };
        let places = spread(-grid.extent, grid.extent, grid.points);
        Ok(Surface {
            losses: plane.losses(&learned.recipe.loss, &batch, &places, &places)?,
            columns: places.clone(),
            rows: places,
            guessing: guessing(&learned),
            path: Vec::new(),
            explained: [0.0; 2],
        })
    })
}

/// Over the plane that holds most of the path of a network that learned, through its end.
pub(super) fn path_of(
    lab: &mut Lab<'_>,
    run: &Run,
    grid: Grid,
    seen: BTreeMap<usize, Snapshot>,
) -> Result<Surface> {
    lab.say(&format!("the path of '{}', seed {}", run.name, run.seed));
    let steps: Vec<_> = seen.keys().copied().collect();
    lab.kept(("path", run.id(), grid, steps), |device| {
        let learned = run.learned(device)?;
        let batch = images(&learned, grid, device)?;
        let own = entries(&learned.model, &learned.config)?;
        let path = seen.values().map(|snapshot| snapshot.read(&own));
        let mut path: Vec<_> = path.collect::<Result<_>>()?;
        let plane = path_plane(&path);
        let (columns, rows) = around(&plane.points, grid.points);
        let end = Plane {
            model: learned.model.clone(),
            config: learned.config.clone(),
            start: path.pop().context("nothing was seen of a run")?,
            directions: plane.directions,
        };
        Ok(Surface {
            losses: end.losses(&learned.recipe.loss, &batch, &columns, &rows)?,
            columns,
            rows,
            guessing: guessing(&learned),
            path: plane.points,
            explained: plane.explained,
        })
    })
}

/// The first images to learn from, as they are.
fn images(learned: &Learned, grid: Grid, device: &Device) -> Result<Batch> {
    let Learned {
        recipe, problem, ..
    } = learned;
    let data = load_for(&recipe.data, problem, recipe.run.seed)?;
    first_batch(&data, grid.images, device)
}

/// The loss of one who holds all classes for equally likely.
fn guessing(learned: &Learned) -> f64 {
    (learned.problem.classes.len().max(1) as f64).ln()
}

/// A grid with some room around points.
fn around(points: &[(f64, f64)], count: usize) -> (Vec<f64>, Vec<f64>) {
    let side = |of: fn(&(f64, f64)) -> f64| {
        let places = || points.iter().map(of);
        let low = places().fold(0.0, f64::min);
        let high = places().fold(0.0, f64::max);
        let room = 0.15 * (high - low).max(1e-3);
        spread(low - room, high + room, count)
    };
    (side(|point| point.0), side(|point| point.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_holds_all_points() {
        let (columns, rows) = around(&[(-2.0, 0.0), (8.0, 0.0)], 3);
        assert_eq!(columns, [-3.5, 3.0, 9.5]);
        assert!(rows[0] < 0.0 && rows[2] > 0.0);
    }

    #[test]
    fn a_valley_is_where_one_does_better_than_guessing() {
        let surface = Surface {
            columns: vec![0.0, 1.0],
            rows: vec![0.0, 1.0],
            losses: vec![vec![0.5, 2.0], vec![9.0, 3.0]],
            guessing: 2.5,
            path: Vec::new(),
            explained: [0.0; 2],
        };
        assert_eq!(surface.valley(), 0.5);
    }
}
