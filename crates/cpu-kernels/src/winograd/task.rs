//! The work of a task: some tiles, for some of the output channels.

use super::tiles::Tiles;
use super::transform::{ELEMENTS, GAP};
use super::{filter, stages};
use crate::correlation::Correlation;
use crate::finish::{Finish, Outputs};
use crate::isa::Kernel;
use crate::moments::ChunkMoments;
use crate::roles::padded;
use crate::scratch::Scratch;
use crate::simd::Simd;
use crate::tile::{Block, DEPTH, Run, apart};
use std::ops::Range;

/// A part of a correlation, and the memory to compute it in.
///
/// It takes three steps, between which the transformed inputs and the products
/// of all elements lie in scratch memory.
pub(crate) struct Task<'a> {
    pub part: Part<'a>,
    pub scratch: &'a mut Scratch,
}

/// A range of tiles, for a range of output channels that starts with a block.
pub(crate) struct Part<'a> {
    pub grid: &'a Tiles,
    pub correlation: &'a Correlation<'a>,
    pub tiles: Range<usize>,
    pub channels: Range<usize>,
    pub moments: Option<ChunkMoments>,
}

/// A matrix per element, with a row per tile, which has a float per channel,
/// filled up to whole vectors or a little more.
struct Matrices<'a> {
    floats: &'a mut [f32],
    row: usize,
    /// Floats from one element to the next.
    pitch: usize,
}

impl Matrices<'_> {
    fn len(tiles: usize, row: usize) -> usize {
        ELEMENTS * (tiles * row + GAP)
    }

    fn new(floats: &mut [f32], tiles: usize, row: usize) -> Matrices<'_> {
        let pitch = tiles * row + GAP;
        Matrices { floats, row, pitch }
    }

    /// Replaces the offsets by those of the rows.
    fn offsets(&self, tiles: usize, offsets: &mut Vec<usize>) {
        offsets.clear();
        offsets.extend((0..tiles).map(|tile| tile * self.row));
    }
}

impl Kernel for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { part, scratch } = self;
        let (tiles, inputs) = (part.tiles.len(), part.correlation.inputs);
        let row = apart(padded(inputs, S::LANES), 1);
        let len = Matrices::len(tiles, row);
        let (values, zeros) = scratch.input.at_least(len + row).split_at_mut(len);
        zeros.fill(0.0);
        let mut values = Matrices::new(values, tiles, row);
        let row = apart(padded(part.channels.len(), S::LANES), 1);
        let products = scratch.other.at_least(Matrices::len(tiles, row));
        let mut products = Matrices::new(products, tiles, row);

        part.transform_inputs(simd, &mut values, zeros);
        values.offsets(tiles, &mut scratch.in_offsets);
        products.offsets(tiles, &mut scratch.out_offsets);
        let offsets = [&scratch.in_offsets[..], &scratch.out_offsets[..]];
        part.multiply(simd, &values, &mut products, offsets);

        let (offsets, residual_offsets) = (&mut scratch.out_offsets, &mut scratch.residual_offsets);
        offsets.clear();
        residual_offsets.clear();
        for tile in part.tiles.clone() {
            let (grid, tile) = (part.grid, part.grid.get(tile));
            grid.place(&tile, &part.correlation.placement, offsets);
            if let Some((_, placement)) = &part.correlation.residual {
                grid.place(&tile, placement, residual_offsets);
            }
        }
        part.transform_outputs(simd, &products, offsets, residual_offsets);
    }
}

impl Part<'_> {
    /// `B^T d B` of all tiles and input channels. `zeros` has a float per
    /// channel.
    #[inline(always)]
    fn transform_inputs<S: Simd>(&self, simd: S, values: &mut Matrices, zeros: &[f32]) {
        let (input, channels) = (self.correlation.input, self.correlation.inputs);
        for (index, tile) in self.tiles.clone().enumerate() {
            let tile = self.grid.get(tile);
            let window = self.grid.window(&tile, input, zeros.as_ptr());
            let target = values.floats[index * values.row..].as_mut_ptr();
            // SAFETY: the input view is valid for the batch (see `Plan::run`),
            // and the tile has a row in the matrix of every element.
            unsafe { stages::input(simd, &window, channels, target, values.pitch) };
        }
    }

    /// The product of the matrices of every element with its weights. The
    /// offsets are those of the rows of `values` and `products`.
    #[inline(always)]
    fn multiply<S: Simd>(
        &self,
        simd: S,
        values: &Matrices,
        products: &mut Matrices,
        [in_offsets, out_offsets]: [&[usize]; 2],
    ) {
        let inputs = self.correlation.inputs;
        let stage = inputs.div_ceil(inputs.div_ceil(DEPTH).max(1)).max(1);
        for element in 0..ELEMENTS {
            for first in self.channels.clone().step_by(2 * S::LANES) {
                let width = padded(self.channels.end - first, S::LANES).min(2 * S::LANES);
                let weights = filter::start(inputs, first, width, S::LANES, element);
                let product = element * products.pitch + first - self.channels.start;
                for input in (0..inputs).step_by(stage) {
                    let block = Block {
                        input: values.floats[element * values.pitch..].as_ptr(),
                        in_offsets,
                        runs: &[Run {
                            offset: input,
                            len: stage.min(inputs - input),
                        }],
                        weights: self.correlation.filter[weights + input * width..].as_ptr(),
                        outputs: Outputs {
                            ptr: products.floats[product..].as_mut_ptr(),
                            offsets: out_offsets,
                            accumulate: input > 0,
                            finish: None,
                        },
                        channels: width,
                        prefetch: false,
                    };
                    // SAFETY: the offsets address rows, which have all inputs
                    // and outputs, the latter in whole vectors.
                    unsafe {
                        if width == 2 * S::LANES {
                            block.compute::<S, 2, false>(simd);
                        } else {
                            block.compute::<S, 1, false>(simd);
                        }
                    }
                }
            }
        }
    }

    /// `A^T m A` of all tiles, finished and written to their offsets.
    #[inline(always)]
    fn transform_outputs<S: Simd>(
        &self,
        simd: S,
        products: &Matrices,
        offsets: &[usize],
        residual_offsets: &[usize],
    ) {
        let Correlation {
            output,
            scale,
            bias,
            residual,
            relu,
            ..
        } = *self.correlation;
        let (first, channels) = (self.channels.start, self.channels.clone());
        let outputs = Outputs {
            ptr: output.ptr.wrapping_add(first),
            offsets,
            accumulate: false,
            finish: Some(Finish {
                scale: scale.map(|scale| &scale[channels.clone()]),
                bias: bias.map(|bias| &bias[channels.clone()]),
                residual: residual
                    .map(|(source, _)| (source.ptr.wrapping_add(first), residual_offsets)),
                relu,
                moments: self.moments.map(|table| (table, first)),
            }),
        };
        let mut pixel = 0;
        for (index, tile) in self.tiles.clone().enumerate() {
            let tile = self.grid.get(tile);
            let products = stages::Products {
                ptr: products.floats[index * products.row..].as_ptr(),
                pitch: products.pitch,
                channels: channels.len(),
            };
            // SAFETY: the tile has a row in the matrix of every element; the
            // output view is valid (see `Plan::run`), and no other task has
            // these tiles and channels.
            unsafe { stages::output(simd, &products, &tile, pixel, &outputs) };
            pixel += tile.pixels();
        }
    }
}
