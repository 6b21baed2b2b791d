//! Copies of the input under a strip of output rows.
//!
//! A task computes a strip of output rows. It first copies the input rows
//! under them into scratch memory that stays in the second-level cache, with
//! the padding written out as zeros and the channels of a pixel contiguous.
//! The kernels then have no borders to treat, and the taps of a kernel row are
//! one contiguous run of floats.

use crate::axis::Axis;
use crate::simd::{Simd, each_vector};
use crate::view::Source;
use std::ops::Range;

/// Splits rows, numbered through the images of a batch, into the images they
/// belong to and the rows in each.
pub(crate) fn images(
    rows: Range<usize>,
    height: usize,
) -> impl Iterator<Item = (usize, Range<usize>)> {
    let mut next = rows.start;
    std::iter::from_fn(move || {
        (next < rows.end).then(|| {
            let (image, first) = (next / height, next % height);
            let count = (height - first).min(rows.end - next);
            next += count;
            (image, first..first + count)
        })
    })
}

/// How the input of a strip is laid out in scratch memory.
///
/// A kernel of one tap reads only every `stride`-th row or column, so only
/// those are copied.
#[derive(Clone, Copy)]
pub(crate) struct StripLayout {
    /// The axes as the copy sees them: strides count copied rows and columns.
    pub axes: [Axis; 2],
    /// Input rows and columns from one copied to the next.
    steps: [usize; 2],
    /// Channels of a pixel in scratch memory.
    pub channels: usize,
}

impl StripLayout {
    pub fn new(axes: [Axis; 2], channels: usize) -> Self {
        let steps = axes.map(|axis| if axis.kernel == 1 { axis.stride } else { 1 });
        let axes = [0, 1].map(|i| Axis {
            stride: axes[i].stride / steps[i],
            ..axes[i]
        });
        Self {
            axes,
            steps,
            channels,
        }
    }

    /// Floats of a padded input row.
    pub fn row(&self) -> usize {
        self.axes[1].window(self.axes[1].output) * self.channels
    }

    /// An upper bound for the floats of `rows` output rows. Rows of different
    /// images share no input.
    pub fn len(&self, rows: usize) -> usize {
        let height = self.axes[0].output.max(1);
        let whole = rows / height * self.axes[0].window(height);
        // A strip may start in the midst of an image, which splits its rows
        // into one more piece.
        (whole + 2 * self.axes[0].window(height.min(rows))) * self.row()
    }

    /// Appends, for every output pixel of the rows, the offset of its window.
    pub fn offsets(&self, rows: Range<usize>, offsets: &mut Vec<usize>) {
        let [vertical, horizontal] = &self.axes;
        let mut base = 0;
        for (_, part) in images(rows, vertical.output) {
            for row in 0..part.len() {
                let start = base + row * vertical.stride * self.row();
                offsets.extend(
                    (0..horizontal.output).map(|o| start + o * horizontal.stride * self.channels),
                );
            }
            base += vertical.window(part.len()) * self.row();
        }
    }

    /// Copies the input under the rows. `target` is cut into equal blocks, each
    /// of which receives the next `self.channels` of the `taken` channels; the
    /// channels of the last block beyond `taken` are left unspecified.
    ///
    /// # Safety
    /// `source` must be valid for the pixels of the batch that holds the rows,
    /// and for `taken` channels.
    #[inline(always)]
    pub unsafe fn copy<S: Simd>(
        &self,
        simd: S,
        source: Source,
        taken: usize,
        rows: Range<usize>,
        target: &mut [f32],
    ) {
        let [vertical, horizontal] = &self.axes;
        let blocks = taken.div_ceil(self.channels);
        let pitch = target.len() / blocks;
        let width = horizontal.window(horizontal.output);
        // The input position under column or row `i` of the copy, if any.
        let position = |axis: usize, output: usize, i: usize| {
            let start = (output * self.axes[axis].stride * self.steps[axis]) as isize;
            let at = start + (i * self.steps[axis]) as isize - self.axes[axis].pad;
            (0..self.axes[axis].input as isize)
                .contains(&at)
                .then_some(at as usize)
        };
        let left = (0..width)
            .find(|&i| position(1, 0, i).is_some())
            .unwrap_or(width);
        let inside = (left..width)
            .take_while(|&i| position(1, 0, i).is_some())
            .count();
        let right = left + inside;
        let column = position(1, 0, left).unwrap_or(0);
        let mut line = 0;
        for (image, part) in images(rows, vertical.output) {
            for i in 0..vertical.window(part.len()) {
                let start = line;
                line += self.row();
                let row = position(0, part.start, i);
                let (left, right) = if row.is_some() {
                    (left, right)
                } else {
                    (width, width)
                };
                for block in target.chunks_exact_mut(pitch) {
                    let block = &mut block[start..line];
                    block[..left * self.channels].fill(0.0);
                    block[right * self.channels..].fill(0.0);
                }
                let Some(row) = row else { continue };
                let pixel = (image * vertical.input + row) * horizontal.input + column;
                let from = source.ptr.wrapping_add(pixel * source.pixel_stride);
                let stride = source.pixel_stride * self.steps[1];
                let target = &mut target[start + left * self.channels..];
                // SAFETY: the row exists, as do its `inside` columns from
                // `column` on.
                unsafe {
                    copy_pixels(
                        simd,
                        from,
                        stride,
                        inside,
                        taken,
                        self.channels,
                        target,
                        pitch,
                    );
                }
            }
        }
    }
}

/// Copies `pixels` pixels of `taken` channels, `stride` apart, to blocks of
/// `channels` channels per pixel, `pitch` apart.
///
/// # Panics
/// If the target is too short.
///
/// # Safety
/// `from` must be valid for the pixels.
#[inline(always)]
#[allow(clippy::too_many_arguments)] // Two sides with three sizes each.
pub(crate) unsafe fn copy_pixels<S: Simd>(
    simd: S,
    from: *const f32,
    stride: usize,
    pixels: usize,
    taken: usize,
    channels: usize,
    target: &mut [f32],
    pitch: usize,
) {
    if stride == channels && taken == channels {
        // SAFETY: the pixels are contiguous.
        let from = unsafe { std::slice::from_raw_parts(from, pixels * channels) };
        target[..from.len()].copy_from_slice(from);
        return;
    }
    let blocks = taken.div_ceil(channels);
    if pixels == 0 {
        return;
    }
    assert!(
        (blocks - 1) * pitch + pixels * channels <= target.len(),
        "room for the pixels"
    );
    for pixel in 0..pixels {
        for block in 0..blocks {
            let count = channels.min(taken - block * channels);
            // SAFETY: the pixel has `count` more channels at `from`, and the
            // target has room for all pixels of the block.
            unsafe {
                let from = from.add(pixel * stride + block * channels);
                let to = target.as_mut_ptr().add(block * pitch + pixel * channels);
                if count < S::LANES {
                    // Groups of a few channels: cheaper than masks.
                    for c in 0..count {
                        *to.add(c) = *from.add(c);
                    }
                    continue;
                }
                each_vector!(S, count, |c, n| {
                    simd.store_upto(to.add(c), simd.load_upto(from.add(c), n), n);
                });
            }
        }
    }
}
