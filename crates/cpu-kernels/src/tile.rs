//! The register tile: a few pixels by one or two vectors of output channels.

use crate::finish::Outputs;
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

/// Floats of the largest tile: twelve pixels of two vectors of AVX-512.
const TILE_FLOATS: usize = 12 * 2 * 16;

/// Floats of a cache line.
pub(crate) const LINE_FLOATS: usize = 16;

/// Reduction length between two visits of the output: the weights of a block
/// of outputs then fit a first-level cache.
pub(crate) const DEPTH: usize = 384;
/// Steps of the reduction between two checks of its end. Counting takes slots
/// of the processor's front end, which the arithmetic nearly fills where two
/// threads share a core.
const UNROLL: usize = 4;

/// Whether pixels that many floats apart fall on so few sets of a first-level
/// cache that those of a tile displace each other.
pub(crate) fn collide(distance: usize) -> bool {
    distance > 512 && distance.is_multiple_of(512)
}

/// Floats from one pixel to the next, at least `floats`, such that every
/// `stride`-th do not collide.
pub(crate) fn apart(floats: usize, stride: usize) -> usize {
    if collide(floats * stride) {
        floats + LINE_FLOATS
    } else {
        floats
    }
}

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
    pub outputs: Outputs<'a>,
    /// Output channels of the block, at most two vectors.
    pub channels: usize,
    /// Whether the input is not in a cache yet.
    pub prefetch: bool,
}

impl Block<'_> {
    /// Computes all pixels of the block.
    ///
    /// # Safety
    /// For every pixel, `input` plus its offset must be valid for reading all
    /// runs (of a depthwise kernel, `channels` floats per run), and its outputs
    /// for `channels` floats. `weights` must be valid for the runs' total length
    /// times `V` vectors.
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
        self.outputs.prefetch(simd, first..first + P, V * S::LANES);
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
            if full && self.outputs.is_plain() {
                for p in 0..P {
                    let output = self.outputs.at(first + p);
                    for v in 0..V {
                        simd.store(output.wrapping_add(v * S::LANES), sums[p][v]);
                    }
                }
                return;
            }
            for p in 0..P {
                for v in 0..V {
                    simd.store(tile.add((p * V + v) * S::LANES), sums[p][v]);
                }
            }
            for v in 0..V {
                let at = v * S::LANES;
                let (sums, pitch) = (tile.add(at), V * S::LANES);
                let pixels = first..first + P;
                if full {
                    let lanes = at..at + S::LANES;
                    self.outputs.write(simd, pixels, lanes, sums, pitch);
                } else {
                    let lanes = at..at + self.lanes::<S>(v);
                    self.outputs.write(simd, pixels, lanes, sums, pitch);
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
                let mut k = 0;
                while k + UNROLL <= run.len {
                    for step in k..k + UNROLL {
                        add_products(simd, &mut sums, &x, step, weights);
                        weights = weights.add(V * S::LANES);
                    }
                    k += UNROLL;
                }
                for step in k..run.len {
                    add_products(simd, &mut sums, &x, step, weights);
                    weights = weights.add(V * S::LANES);
                }
            }
        }
        sums
    }
}

/// `sums[p][v] += x[p][k] * weights[v]`.
///
/// # Safety
/// The pixels must be valid for `k + 1` floats, the weights for `V` vectors.
#[inline(always)]
unsafe fn add_products<S: Simd, const P: usize, const V: usize>(
    simd: S,
    sums: &mut [[S::Vector; V]; P],
    x: &[*const f32; P],
    k: usize,
    weights: *const f32,
) {
    // SAFETY: passed on from the caller.
    unsafe {
        let w: [S::Vector; V] = std::array::from_fn(|v| simd.load(weights.add(v * S::LANES)));
        for p in 0..P {
            let x = simd.splat(*x[p].add(k));
            for v in 0..V {
                sums[p][v] = simd.mul_add(x, w[v], sums[p][v]);
            }
        }
    }
}
