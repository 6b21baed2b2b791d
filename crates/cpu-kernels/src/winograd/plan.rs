//! How a correlation is cut into tasks.

use super::task::{Part, Task};
use super::tiles::Tiles;
use super::transform::ELEMENTS;
use crate::correlation::{Correlation, TASKS};
use crate::isa::Isa;
use crate::moments::ChunkMoments;
use crate::scratch::with_scratch;
use rayon::prelude::*;
use std::ops::Range;

/// Tiles of a task where there are many: each task streams all weights through
/// its caches, which few tiles would not be worth.
const MOST_TILES: usize = 36;
/// Tiles below which a task is not cut further.
const LEAST_TILES: usize = 18;
/// The tiles of a task are a multiple of this, the height of a register tile.
const TILE_STEP: usize = 6;
/// Bound for the floats of transformed inputs and outputs of a task, beyond
/// which it gets fewer tiles.
const TASK_FLOATS: usize = MOST_TILES * ELEMENTS * 1024;
/// Output channels below which a task is not cut further: each task transforms
/// all of its inputs.
const LEAST_OUTPUTS: usize = 64;
/// How a correlation is cut into tasks: the tiles into strips and, where these
/// are few, the output channels into chunks.
pub(crate) struct Plan {
    isa: Isa,
    tiles: Tiles,
    tiles_per_strip: usize,
    outputs_per_chunk: usize,
    chunks: usize,
}

impl Plan {
    pub fn new(isa: Isa, correlation: &Correlation) -> Self {
        let tiles = Tiles::new(correlation.batch, correlation.axes);
        let tiles_per_strip = tiles_per_strip(tiles.len(), correlation);
        let strips = tiles.len().div_ceil(tiles_per_strip).max(1);
        let most = (correlation.outputs / LEAST_OUTPUTS).max(1);
        let block = 2 * isa.lanes();
        let outputs_per_chunk = correlation
            .outputs
            .div_ceil((TASKS / strips).clamp(1, most))
            .next_multiple_of(block);
        Self {
            isa,
            tiles,
            tiles_per_strip,
            outputs_per_chunk,
            chunks: correlation.outputs.div_ceil(outputs_per_chunk),
        }
    }

    /// The tiles of each strip.
    fn strips(&self) -> impl Iterator<Item = Range<usize>> + Clone {
        let (all, each) = (self.tiles.len(), self.tiles_per_strip);
        (0..all)
            .step_by(each)
            .map(move |first| first..(first + each).min(all))
    }

    /// Floats of the tables of moments of a correlation with that many output
    /// channels.
    pub fn moments_len(&self, channels: usize) -> usize {
        self.strips().count() * ChunkMoments::len(channels)
    }

    /// Pixels of every strip.
    pub fn strip_pixels(&self) -> impl Iterator<Item = usize> + Clone {
        let pixels = |tile| self.tiles.get(tile).pixels();
        self.strips().map(move |tiles| tiles.map(pixels).sum())
    }

    /// Runs all tasks. `moments` has [`Plan::moments_len`] floats or none.
    ///
    /// # Safety
    /// The views of `correlation` must be valid for its sizes, with no other
    /// access to the output meanwhile, and `filter` packed for it.
    pub unsafe fn run(&self, correlation: &Correlation, moments: &mut [f32]) {
        let strips: Vec<_> = self.strips().collect();
        let tasks = strips.len() * self.chunks;
        let table = (!moments.is_empty()).then_some(ChunkMoments {
            ptr: moments.as_mut_ptr(),
            channels: correlation.outputs,
        });
        (0..tasks).into_par_iter().with_max_len(1).for_each(|task| {
            let (strip, chunk) = (task / self.chunks, task % self.chunks);
            let first = chunk * self.outputs_per_chunk;
            let end = (first + self.outputs_per_chunk).min(correlation.outputs);
            let part = Part {
                grid: &self.tiles,
                correlation,
                tiles: strips[strip].clone(),
                channels: first..end,
                moments: table.map(|table| table.chunk(strip)),
            };
            with_scratch(|scratch| self.isa.run(Task { part, scratch }));
        });
    }
}

fn tiles_per_strip(tiles: usize, correlation: &Correlation) -> usize {
    let tile_floats = ELEMENTS * (correlation.inputs + correlation.outputs);
    let most = tiles
        .div_ceil(TASKS)
        .clamp(LEAST_TILES, MOST_TILES)
        .min(TASK_FLOATS / tile_floats)
        .max(TILE_STEP);
    let strips = tiles.div_ceil(most).max(1);
    tiles.div_ceil(strips).max(1).next_multiple_of(TILE_STEP)
}
