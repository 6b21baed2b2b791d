//! The gradient with respect to the weights, from the same tiles:
//!
//! ```text
//! dg[co, ci] = G^T (sum_tile (A dy[co] A^T) * (B^T d[ci] B)) G
//! ```
//!
//! For each of the 36 elements the sums over the tiles are a product of
//! matrices, `[ci, tile] x [tile, co]`. A task sums some of the tiles for some
//! of the channels on either side, transforms the sums, and writes them to a
//! table of its own; the tables are added in order.

use super::stages;
use super::tiles::Tiles;
use super::transform::{ELEMENTS, GAP, TAPS};
use crate::correlation::TASKS;
use crate::isa::{Isa, Kernel};
use crate::outer_tile;
use crate::scratch::{Scratch, with_scratch, with_shared};
use crate::shape::ConvShape;
use crate::simd::Simd;
use crate::view::Source;
use rayon::prelude::*;
use std::ops::Range;

/// Channels of a task on either side, for which its sums about fit the
/// second-level cache. A multiple of two vectors of any instruction set.
const CHANNELS: usize = 64;
/// Tiles between two visits of the sums.
const STRIP_TILES: usize = 48;
/// Floats of a task's table, `[input channel][tap][output channel]`.
const TABLE: usize = CHANNELS * TAPS * TAPS * CHANNELS;

/// How the gradient is cut into tasks: into chunks of channels on either side
/// and, where these are few, of tiles.
pub(crate) struct Plan {
    isa: Isa,
    grid: Tiles,
    inputs: usize,
    outputs: usize,
    tiles_per_chunk: usize,
    tile_chunks: usize,
}

impl Plan {
    pub fn new(isa: Isa, shape: &ConvShape) -> Self {
        let grid = Tiles::new(shape.batch, shape.axes());
        let (inputs, outputs) = (shape.in_channels, shape.out_channels);
        let channel_tasks = inputs.div_ceil(CHANNELS) * outputs.div_ceil(CHANNELS);
        let strips = grid.len().div_ceil(STRIP_TILES).max(1);
        let wanted = TASKS.div_ceil(channel_tasks).min(strips);
        let tiles_per_chunk = grid.len().div_ceil(wanted).max(1);
        Self {
            isa,
            grid,
            inputs,
            outputs,
            tiles_per_chunk,
            tile_chunks: grid.len().div_ceil(tiles_per_chunk).max(1),
        }
    }

    /// Tasks that share their tiles.
    fn channel_tasks(&self) -> usize {
        self.inputs.div_ceil(CHANNELS) * self.outputs.div_ceil(CHANNELS)
    }

    /// Computes the gradient `[out_channels, in_channels, 3, 3]`.
    ///
    /// # Safety
    /// The views must be valid for the shape.
    pub unsafe fn run(&self, x: Source, dy: Source, dw: &mut [f32]) {
        let tasks = self.tile_chunks * self.channel_tasks();
        with_shared(tasks * TABLE, |tables| {
            tables
                .par_chunks_exact_mut(TABLE)
                .with_max_len(1)
                .enumerate()
                .for_each(|(task, table)| {
                    let part = self.part(task, x, dy);
                    with_scratch(|scratch| {
                        self.isa.run(Task {
                            part,
                            table,
                            scratch,
                        });
                    });
                });
            self.reduce(tables, dw);
        });
    }

    fn part(&self, task: usize, x: Source, dy: Source) -> Part<'_> {
        let (chunk, channels) = (task / self.channel_tasks(), task % self.channel_tasks());
        let output_chunks = self.outputs.div_ceil(CHANNELS);
        let cut = |index: usize, all: usize, each: usize| {
            (index * each).min(all)..((index + 1) * each).min(all)
        };
        let inputs = cut(channels / output_chunks, self.inputs, CHANNELS);
        let outputs = cut(channels % output_chunks, self.outputs, CHANNELS);
        Part {
            grid: &self.grid,
            tiles: cut(chunk, self.grid.len(), self.tiles_per_chunk),
            x: x.channels_from(inputs.start),
            dy: dy.channels_from(outputs.start),
            inputs: inputs.len(),
            outputs: outputs.len(),
        }
    }

    /// Adds the tables in order and puts the sums in the order of `dw`.
    fn reduce(&self, tables: &mut [f32], dw: &mut [f32]) {
        let (sums, others) = tables.split_at_mut(self.channel_tasks() * TABLE);
        let each = sums.len();
        sums.par_chunks_mut(TABLE)
            .enumerate()
            .for_each(|(index, sums)| {
                for table in others.chunks_exact(each) {
                    for (sum, value) in sums.iter_mut().zip(&table[index * TABLE..]) {
                        *sum += value;
                    }
                }
            });
        let sums = &*sums;
        let width = 2 * self.isa.lanes();
        dw.par_chunks_mut(width * self.inputs * TAPS * TAPS)
            .enumerate()
            .for_each(|(index, dw)| self.unpack(sums, index * width, dw));
    }

    /// Transposes the sums of the outputs from `first` on, at most two
    /// vectors, into `[output][input][tap]`.
    fn unpack(&self, sums: &[f32], first: usize, dw: &mut [f32]) {
        let depth = self.inputs * TAPS * TAPS;
        let output_chunks = self.outputs.div_ceil(CHANNELS);
        let (chunk, lane) = (first / CHANNELS, first % CHANNELS);
        for (index, inputs) in (0..depth).step_by(CHANNELS * TAPS * TAPS).enumerate() {
            let table = &sums[(index * output_chunks + chunk) * TABLE..][..TABLE];
            for (element, row) in (inputs..depth).zip(table.chunks_exact(CHANNELS)) {
                for (out, value) in dw[element..].iter_mut().step_by(depth).zip(&row[lane..]) {
                    *out = *value;
                }
            }
        }
    }
}

/// The sums of some tiles for some channels, and the memory to compute them in.
struct Task<'a> {
    part: Part<'a>,
    table: &'a mut [f32],
    scratch: &'a mut Scratch,
}

/// A range of tiles, and channels from those of the views on.
struct Part<'a> {
    grid: &'a Tiles,
    tiles: Range<usize>,
    x: Source,
    dy: Source,
    inputs: usize,
    outputs: usize,
}

/// Strides of the matrices of a part: transformed inputs `[element][tile]
/// [input]`, transformed gradients `[element][block of outputs][tile][output in
/// block]` and sums `[element][block of outputs][input][output in block]`,
/// with blocks of two vectors.
struct Layout {
    width: usize,
    /// Inputs in whole vectors, and outputs in whole blocks.
    inputs: usize,
    outputs: usize,
    /// Floats from one element to the next.
    input_pitch: usize,
    output_pitch: usize,
    sum_pitch: usize,
}

impl Layout {
    fn new(part: &Part, lanes: usize) -> Self {
        let width = 2 * lanes;
        let inputs = part.inputs.next_multiple_of(lanes);
        let outputs = part.outputs.next_multiple_of(width);
        Self {
            width,
            inputs,
            outputs,
            input_pitch: STRIP_TILES * inputs + GAP,
            output_pitch: STRIP_TILES * outputs + GAP,
            sum_pitch: part.inputs * outputs + GAP,
        }
    }
}

impl Kernel for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            part,
            table,
            scratch,
        } = self;
        let layout = Layout::new(&part, S::LANES);
        let len = ELEMENTS * layout.input_pitch;
        let zeros = layout.inputs.max(layout.outputs);
        let (inputs, zeros) = scratch.input.at_least(len + zeros).split_at_mut(len);
        zeros.fill(0.0);
        let len = ELEMENTS * layout.output_pitch;
        let sums = ELEMENTS * layout.sum_pitch;
        let (outputs, sums) = scratch.other.at_least(len + sums).split_at_mut(len);
        if part.tiles.is_empty() {
            sums.fill(0.0);
        }
        let offsets = &mut scratch.in_offsets;
        for first in part.tiles.clone().step_by(STRIP_TILES) {
            let tiles = first..(first + STRIP_TILES).min(part.tiles.end);
            offsets.clear();
            offsets.extend((0..tiles.len()).map(|tile| tile * layout.inputs));
            let accumulate = first > part.tiles.start;
            part.transform(simd, &layout, tiles, zeros, [inputs, outputs]);
            part.multiply(simd, &layout, offsets, [inputs, outputs], sums, accumulate);
        }
        part.transform_sums(simd, &layout, sums, table);
    }
}

impl Part<'_> {
    /// `B^T d B` and `A dy A^T` of some tiles. `zeros` has a float per channel.
    #[inline(always)]
    fn transform<S: Simd>(
        &self,
        simd: S,
        layout: &Layout,
        tiles: Range<usize>,
        zeros: &[f32],
        [inputs, outputs]: [&mut [f32]; 2],
    ) {
        let (zeros, block) = (zeros.as_ptr(), tiles.len() * layout.width);
        for (index, tile) in tiles.enumerate() {
            let tile = self.grid.get(tile);
            let window = self.grid.window(&tile, self.x, zeros);
            let pixels = self.grid.outputs(&tile, self.dy, zeros);
            let values = inputs[index * layout.inputs..].as_mut_ptr();
            let gradients = outputs[index * layout.width..].as_mut_ptr();
            // SAFETY: the views are valid for the batch (see `Plan::run`), and
            // the tile has a row in every matrix and block.
            unsafe {
                stages::input(simd, &window, self.inputs, values, layout.input_pitch);
                let (channels, pitch) = (self.outputs, layout.output_pitch);
                stages::gradient(simd, &pixels, channels, gradients, pitch, block);
            }
        }
    }

    /// Sums the products of the tiles at the offsets.
    #[inline(always)]
    fn multiply<S: Simd>(
        &self,
        simd: S,
        layout: &Layout,
        offsets: &[usize],
        [inputs, outputs]: [&[f32]; 2],
        sums: &mut [f32],
        accumulate: bool,
    ) {
        for element in 0..ELEMENTS {
            for first in (0..layout.outputs).step_by(layout.width) {
                let dy = element * layout.output_pitch + first * offsets.len();
                let sum = element * layout.sum_pitch + first * self.inputs;
                let x = inputs[element * layout.input_pitch..].as_ptr();
                let sums = sums[sum..].as_mut_ptr();
                let tiles = outer_tile::Tiles {
                    x,
                    offsets,
                    dy: outputs[dy..].as_ptr(),
                    pitch: 1,
                    sums,
                    accumulate,
                };
                // SAFETY: the rows of the tiles have all inputs, and the block
                // of every tile two vectors, as have the sums of every input.
                unsafe { tiles.elements::<S, false>(simd, x, self.inputs, sums) };
            }
        }
    }

    /// `G^T s G` of all sums.
    #[inline(always)]
    fn transform_sums<S: Simd>(&self, simd: S, layout: &Layout, sums: &[f32], table: &mut [f32]) {
        for output in (0..self.outputs).step_by(S::LANES) {
            let (first, lane) = (output - output % layout.width, output % layout.width);
            for input in 0..self.inputs {
                let sum = first * self.inputs + input * layout.width + lane;
                let taps = input * TAPS * TAPS * CHANNELS + output;
                let (sums, taps) = (sums[sum..].as_ptr(), table[taps..].as_mut_ptr());
                // SAFETY: the sums of every element have a vector there, and
                // so has the table for each tap.
                unsafe { stages::weights(simd, sums, layout.sum_pitch, taps, CHANNELS) };
            }
        }
    }
}
