//! The last step of a convolution: sums become outputs.

use crate::moments::ChunkMoments;
use crate::simd::Simd;
use std::ops::Range;

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

/// Where the sums of a block of output channels go.
#[derive(Clone, Copy)]
pub(crate) struct Outputs<'a> {
    pub ptr: *mut f32,
    /// The offset of every pixel of the task.
    pub offsets: &'a [usize],
    /// Whether the output already holds a part of the sums.
    pub accumulate: bool,
    /// Present with the last part of the sums.
    pub finish: Option<Finish<'a>>,
}

impl Outputs<'_> {
    /// Whether the sums are stored as they are.
    #[inline(always)]
    pub fn is_plain(&self) -> bool {
        !self.accumulate && self.finish.is_none()
    }

    /// Where a pixel's outputs lie.
    ///
    /// # Safety
    /// The pixel must exist.
    #[inline(always)]
    pub unsafe fn at(&self, pixel: usize) -> *mut f32 {
        // SAFETY: passed on from the caller.
        self.ptr
            .wrapping_add(unsafe { *self.offsets.get_unchecked(pixel) })
    }

    /// Asks for what `write` will touch: `floats` floats of each of the pixels.
    /// The outputs of neighbouring pixels lie far apart where there are many
    /// channels, which no processor foresees.
    #[inline(always)]
    pub fn prefetch<S: Simd>(&self, simd: S, pixels: Range<usize>, floats: usize) {
        let fetch = |ptr: *const f32, offsets: &[usize]| {
            for &offset in &offsets[pixels.clone()] {
                let first = ptr.wrapping_add(offset);
                simd.prefetch(first);
                // These need not start on a cache line.
                simd.prefetch(first.wrapping_add(floats - 1));
            }
        };
        fetch(self.ptr, self.offsets);
        if let Some((residual, offsets)) = self.finish.and_then(|finish| finish.residual) {
            fetch(residual, offsets);
        }
    }

    /// Adds earlier sums to those of some channels of the block, at most a
    /// vector, finishes and stores them. The sums of successive pixels are
    /// `pitch` apart.
    ///
    /// # Safety
    /// `sums` must be valid for a vector per pixel, and the output (and the
    /// residual) plus the offset of each pixel for the channels; no other task
    /// may access these outputs.
    #[inline(always)]
    pub unsafe fn write<S: Simd>(
        &self,
        simd: S,
        pixels: Range<usize>,
        channels: Range<usize>,
        sums: *const f32,
        pitch: usize,
    ) {
        let (first, at, lanes) = (pixels.start, channels.start, channels.len());
        // SAFETY: passed on from the caller.
        unsafe {
            let load = |ptr: *const f32| simd.load_upto(ptr.wrapping_add(at), lanes);
            let offset = |offsets: &[usize], p: usize| *offsets.get_unchecked(first + p);
            let output = |p: usize| self.at(first + p).wrapping_add(at);
            let sum = |p: usize| {
                let sum = simd.load(sums.add(p * pitch));
                if !self.accumulate {
                    return sum;
                }
                simd.add(sum, simd.load_upto(output(p), lanes))
            };
            let Some(finish) = &self.finish else {
                for p in 0..pixels.len() {
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
            for p in 0..pixels.len() {
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
