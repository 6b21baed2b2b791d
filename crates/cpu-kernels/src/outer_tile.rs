//! The register tile of the weight gradient: a sum of outer products of a few
//! elements of the input's windows by two vectors of output channels.

use crate::shape::ConvShape;
use crate::simd::Simd;
use crate::strip::StripLayout;
use std::ops::Range;

/// A block of input channels.
pub(crate) struct InputBlock {
    pub channels: Range<usize>,
    /// Contiguous elements in a run of the kernel.
    pub elements: usize,
    /// Floats between the elements.
    pub pitch: usize,
    /// Runs per row of the kernel.
    pub runs: usize,
    pub layout: StripLayout,
}

/// A block of inputs by a block of outputs over one strip.
pub(crate) struct Tiles<'a> {
    pub x: *const f32,
    pub offsets: &'a [usize],
    pub dy: *const f32,
    /// Floats between the elements.
    pub pitch: usize,
    pub sums: *mut f32,
    pub accumulate: bool,
}

impl Tiles<'_> {
    /// Computes the sums of a block: of every run of the kernel.
    ///
    /// # Safety
    /// `x` must be valid for the windows of the strip, `dy` for two vectors
    /// per pixel and `sums` for two vectors per element of the block.
    #[inline(always)]
    pub unsafe fn run<S: Simd, const DEPTHWISE: bool>(
        &self,
        simd: S,
        shape: &ConvShape,
        block: &InputBlock,
    ) {
        let [vertical, horizontal] = &shape.axes();
        let layout = &block.layout;
        let mut sums = self.sums;
        for kh in 0..vertical.kernel {
            for run in 0..block.runs {
                let offset = kh * vertical.dilation * layout.row()
                    + run * horizontal.dilation * layout.channels;
                let x = self.x.wrapping_add(offset);
                // SAFETY: passed on from the caller.
                unsafe { self.elements::<S, DEPTHWISE>(simd, x, block.elements, sums) };
                sums = sums.wrapping_add(block.elements * 2 * S::LANES);
            }
        }
    }

    /// Computes the sums of `count` elements in register tiles of balanced
    /// heights.
    ///
    /// # Safety
    /// `x` must be valid for the elements at every offset, `dy` for two
    /// vectors per pixel and `sums` for two vectors per element.
    #[inline(always)]
    pub unsafe fn elements<S: Simd, const DEPTHWISE: bool>(
        &self,
        simd: S,
        x: *const f32,
        count: usize,
        sums: *mut f32,
    ) {
        let tiles = count.div_ceil(S::TILE_PIXELS);
        for tile in 0..tiles {
            let (start, end) = (tile * count / tiles, (tile + 1) * count / tiles);
            let x = x.wrapping_add(start * self.pitch);
            let sums = sums.wrapping_add(start * 2 * S::LANES);
            // SAFETY: passed on from the caller.
            unsafe { self.tile_of::<S, DEPTHWISE>(simd, x, end - start, sums) };
        }
    }

    #[inline(always)]
    unsafe fn tile_of<S: Simd, const D: bool>(
        &self,
        simd: S,
        x: *const f32,
        height: usize,
        sums: *mut f32,
    ) {
        // SAFETY: see `run`.
        unsafe {
            match height {
                1 => self.tile::<S, 1, D>(simd, x, sums),
                2 => self.tile::<S, 2, D>(simd, x, sums),
                3 => self.tile::<S, 3, D>(simd, x, sums),
                4 => self.tile::<S, 4, D>(simd, x, sums),
                5 => self.tile::<S, 5, D>(simd, x, sums),
                6 => self.tile::<S, 6, D>(simd, x, sums),
                _ if S::TILE_PIXELS == 6 => unreachable!("tiles have at most six rows"),
                7 => self.tile::<S, 7, D>(simd, x, sums),
                8 => self.tile::<S, 8, D>(simd, x, sums),
                9 => self.tile::<S, 9, D>(simd, x, sums),
                10 => self.tile::<S, 10, D>(simd, x, sums),
                11 => self.tile::<S, 11, D>(simd, x, sums),
                _ => self.tile::<S, 12, D>(simd, x, sums),
            }
        }
    }

    /// `sums[m] += sum_pixel x[pixel][m] * dy[pixel]`, where `x[pixel][m]` is
    /// one value for all outputs or, depthwise, a vector of them.
    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const DEPTHWISE: bool>(
        &self,
        simd: S,
        x: *const f32,
        sums: *mut f32,
    ) {
        let pitch = self.pitch;
        let mut tile = [[simd.zero(); 2]; M];
        let mut dy = self.dy;
        // SAFETY: see `run`.
        unsafe {
            for &offset in self.offsets {
                let x = x.wrapping_add(offset);
                let dy_pixel = [simd.load(dy), simd.load(dy.wrapping_add(S::LANES))];
                for m in 0..M {
                    for v in 0..2 {
                        let x = if DEPTHWISE {
                            simd.load(x.wrapping_add(m * pitch + v * S::LANES))
                        } else {
                            simd.splat(*x.wrapping_add(m))
                        };
                        tile[m][v] = simd.mul_add(x, dy_pixel[v], tile[m][v]);
                    }
                }
                dy = dy.wrapping_add(2 * S::LANES);
            }
            for m in 0..M {
                for v in 0..2 {
                    let sum = sums.wrapping_add((2 * m + v) * S::LANES);
                    let old = if self.accumulate {
                        simd.load(sum)
                    } else {
                        simd.zero()
                    };
                    simd.store(sum, simd.add(old, tile[m][v]));
                }
            }
        }
    }
}
