//! The register tile: a few pixels by one or two vectors of output channels.

use crate::moments::ChunkMoments;
use crate::simd::Simd;
use std::mem::MaybeUninit;
use std::ops::Range;

/// A contiguous run of the reduction: `len` floats from `offset` floats behind
/// a pixel's window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub offset: usize,
    pub len: usize,
}

/// What a block of output channels does with its finished sums.
#[derive(Clone, Copy)]
pub(crate) struct Finish<'a> {
    pub scale: Option<&'a [f32]>,
    pub bias: Option<&'a [f32]>,
    /// The residual at the block's channels, and its pixels' offsets.
    pub residual: Option<(*const f32, &'a [usize])>,
    pub relu: bool,
    /// Table of moments and the block's first channel in it.
    pub moments: Option<(ChunkMoments, usize)>,
}

/// Floats of the largest tile: twelve pixels of two vectors of AVX-512.
const TILE_FLOATS: usize = 12 * 2 * 16;

/// Floats of a cache line.
const LINE_FLOATS: usize = 16;

/// Room for the sums of a tile.
#[repr(align(64))]
struct Tile(#[allow(dead_code)] [f32; TILE_FLOATS]);

/// Everything the tiles of one block of output channels share.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub input: *const f32,
    pub in_offsets: &'a [usize],
    pub runs: &'a [Run],
    pub weights: *const f32,
    pub output: *mut f32,
    pub out_offsets: &'a [usize],
    /// Output channels of the block, at most two vectors.
    pub channels: usize,
    /// Whether the output already holds the sums of earlier runs.
    pub accumulate: bool,
    /// Whether the input is not in a cache yet.
    pub prefetch: bool,
    /// Present with the last runs.
    pub finish: Option<Finish<'a>>,
}

impl Block<'_> {
    /// Computes all pixels of the block.
    ///
    /// # Safety
    /// For every pixel, `input` plus its offset must be valid for reading all
    /// runs (of a depthwise kernel, `channels` floats per run), and `output` (and the residual) plus its offset for `channels`
    /// floats; no other task may access these outputs. `weights` must be valid
    /// for the runs' total length times `V` vectors.
    #[inline(always)]
    pub unsafe fn compute<S: Simd, const V: usize, const DEPTHWISE: bool>(&self, simd: S) {
        let pixels = self.in_offsets.len();
        let mut first = 0;
        // SAFETY: passed on from the caller; the tiles cover the pixels.
        unsafe {
            if !DEPTHWISE && (V == 1 || S::TILE_PIXELS == 12) {
                while first + 12 <= pixels {
                    self.tile::<S, 12, V, DEPTHWISE>(simd, first);
                    first += 12;
                }
            }
            while first + 6 <= pixels {
                self.tile::<S, 6, V, DEPTHWISE>(simd, first);
                first += 6;
            }
            if DEPTHWISE {
                while first < pixels {
                    self.tile::<S, 1, V, DEPTHWISE>(simd, first);
                    first += 1;
                }
                return;
            }
            match pixels - first {
                5 => self.tile::<S, 5, V, DEPTHWISE>(simd, first),
                4 => self.tile::<S, 4, V, DEPTHWISE>(simd, first),
                3 => self.tile::<S, 3, V, DEPTHWISE>(simd, first),
                2 => self.tile::<S, 2, V, DEPTHWISE>(simd, first),
                1 => self.tile::<S, 1, V, DEPTHWISE>(simd, first),
                _ => {}
            }
        }
    }

    #[inline(always)]
    unsafe fn tile<S: Simd, const P: usize, const V: usize, const DEPTHWISE: bool>(
        &self,
        simd: S,
        first: usize,
    ) {
        // The sums pass through memory, so that the loops that finish them need
        // not be unrolled to keep them in registers.
        let mut tile = MaybeUninit::<Tile>::uninit();
        let tile = tile.as_mut_ptr().cast::<f32>();
        let full = self.channels == V * S::LANES;
        if self.prefetch {
            self.prefetch_windows(simd, first + P..first + 2 * P);
        }
        // SAFETY: see `compute`; a tile has room for `P * V` vectors.
        unsafe {
            let sums = match (DEPTHWISE, full) {
                (false, _) => self.sums::<S, P, V>(simd, first),
                (true, true) => self.depthwise_sums::<S, P, V, true>(simd, first),
                (true, false) => self.depthwise_sums::<S, P, V, false>(simd, first),
            };
            for p in 0..P {
                for v in 0..V {
                    simd.store(tile.add((p * V + v) * S::LANES), sums[p][v]);
                }
            }
            for v in 0..V {
                let sums = tile.add(v * S::LANES);
                if full {
                    self.write::<S, P, V>(simd, first, v, S::LANES, sums);
                } else {
                    self.write::<S, P, V>(simd, first, v, self.lanes::<S>(v), sums);
                }
            }
        }
    }

    /// Fetches what the pixels, as far as they exist, will read.
    #[inline(always)]
    fn prefetch_windows<S: Simd>(&self, simd: S, pixels: Range<usize>) {
        for &offset in self.in_offsets.iter().take(pixels.end).skip(pixels.start) {
            for run in self.runs {
                let start = self.input.wrapping_add(offset + run.offset);
                for k in (0..run.len).step_by(LINE_FLOATS) {
                    simd.prefetch(start.wrapping_add(k));
                }
            }
        }
    }

    /// Lanes of vector `v` that hold channels of the block.
    #[inline(always)]
    fn lanes<S: Simd>(&self, v: usize) -> usize {
        self.channels.saturating_sub(v * S::LANES).min(S::LANES)
    }

    /// Where the windows of `P` pixels start.
    ///
    /// # Safety
    /// `first + P` pixels must exist.
    #[inline(always)]
    unsafe fn windows<const P: usize>(&self, first: usize) -> [*const f32; P] {
        std::array::from_fn(|p| {
            // SAFETY: passed on from the caller.
            self.input
                .wrapping_add(unsafe { *self.in_offsets.get_unchecked(first + p) })
        })
    }

    /// `sums[p][c] = sum_tap x[p][tap][c] * w[tap][c]`, a run being a tap.
    #[inline(always)]
    unsafe fn depthwise_sums<S: Simd, const P: usize, const V: usize, const FULL: bool>(
        &self,
        simd: S,
        first: usize,
    ) -> [[S::Vector; V]; P] {
        let mut sums = [[simd.zero(); V]; P];
        let mut weights = self.weights;
        // SAFETY: see `compute`; `lanes` never reaches beyond the channels.
        unsafe {
            let windows = self.windows::<P>(first);
            for run in self.runs {
                let x: [*const f32; P] = windows.map(|w| w.wrapping_add(run.offset));
                let w: [S::Vector; V] =
                    std::array::from_fn(|v| simd.load(weights.add(v * S::LANES)));
                for p in 0..P {
                    for v in 0..V {
                        let x = x[p].wrapping_add(v * S::LANES);
                        let lanes = if FULL { S::LANES } else { self.lanes::<S>(v) };
                        sums[p][v] = simd.mul_add(simd.load_upto(x, lanes), w[v], sums[p][v]);
                    }
                }
                weights = weights.add(V * S::LANES);
            }
        }
        sums
    }

    /// `sums[p][v] = sum_k x[p][k] * w[k][v]` over the runs.
    #[inline(always)]
    unsafe fn sums<S: Simd, const P: usize, const V: usize>(
        &self,
        simd: S,
        first: usize,
    ) -> [[S::Vector; V]; P] {
        let mut sums = [[simd.zero(); V]; P];
        let mut weights = self.weights;
        // SAFETY: see `compute`; `first + P` pixels exist.
        unsafe {
            let windows = self.windows::<P>(first);
            for run in self.runs {
                let x: [*const f32; P] = windows.map(|w| w.wrapping_add(run.offset));
                for k in 0..run.len {
                    let w: [S::Vector; V] =
                        std::array::from_fn(|v| simd.load(weights.add(v * S::LANES)));
                    for p in 0..P {
                        let x = simd.splat(*x[p].add(k));
                        for v in 0..V {
                            sums[p][v] = simd.mul_add(x, w[v], sums[p][v]);
                        }
                    }
                    weights = weights.add(V * S::LANES);
                }
            }
        }
        sums
    }

    /// Adds earlier sums to the first `lanes` channels of vector `v`, finishes
    /// and stores them. The sums of successive pixels are `V` vectors apart.
    #[inline(always)]
    unsafe fn write<S: Simd, const P: usize, const V: usize>(
        &self,
        simd: S,
        first: usize,
        v: usize,
        lanes: usize,
        sums: *const f32,
    ) {
        let at = v * S::LANES;
        // SAFETY: see `compute`; `lanes` never reaches beyond the channels, and
        // `first + P` pixels exist.
        unsafe {
            let load = |ptr: *const f32| simd.load_upto(ptr.wrapping_add(at), lanes);
            let offset = |offsets: &[usize], p: usize| *offsets.get_unchecked(first + p);
            let output = |p: usize| self.output.wrapping_add(offset(self.out_offsets, p) + at);
            let sum = |p: usize| {
                let sum = simd.load(sums.add(p * V * S::LANES));
                if !self.accumulate {
                    return sum;
                }
                simd.add(sum, simd.load_upto(output(p), lanes))
            };
            let Some(finish) = &self.finish else {
                for p in 0..P {
                    simd.store_upto(output(p), sum(p), lanes);
                }
                return;
            };
            let scale = finish.scale.map(|scale| load(scale.as_ptr()));
            let bias = finish.bias.map(|bias| load(bias.as_ptr()));
            let mut moments = finish.moments.map(|(table, channel)| {
                let rows = table.rows(channel);
                let shift = if first == 0 {
                    None
                } else {
                    Some(load(rows[0]))
                };
                (rows, shift, simd.zero(), simd.zero())
            });
            for p in 0..P {
                let mut value = sum(p);
                if let Some(scale) = scale {
                    value = simd.mul(value, scale);
                }
                if let Some(bias) = bias {
                    value = simd.add(value, bias);
                }
                if let Some((residual, offsets)) = finish.residual {
                    value = simd.add(value, load(residual.wrapping_add(offset(offsets, p))));
                }
                if finish.relu {
                    value = simd.max(value, simd.zero());
                }
                if let Some((_, shift, total, squares)) = &mut moments {
                    let centred = simd.sub(value, *shift.get_or_insert(value));
                    *total = simd.add(*total, centred);
                    *squares = simd.mul_add(centred, centred, *squares);
                }
                simd.store_upto(output(p), value, lanes);
            }
            // Summed by tile first, which errs less than one long sum.
            if let Some(([shift_row, sum_row, square_row], Some(shift), total, squares)) = moments {
                let store = |row: *mut f32, value| {
                    simd.store_upto(row.wrapping_add(at), value, lanes);
                };
                if first == 0 {
                    store(shift_row, shift);
                    store(sum_row, total);
                    store(square_row, squares);
                } else {
                    store(sum_row, simd.add(load(sum_row), total));
                    store(square_row, simd.add(load(square_row), squares));
                }
            }
        }
    }
}
