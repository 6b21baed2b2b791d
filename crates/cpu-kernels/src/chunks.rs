//! Work that visits every pixel once, in fixed chunks of pixels.

use rayon::prelude::*;
use std::ops::Range;

/// Floats of a chunk: large beside the cost of handing out a task, and few
/// enough that `f32` sums over a chunk stay accurate.
const CHUNK_FLOATS: usize = 16 << 10;

/// Pixels of a chunk.
pub(crate) fn chunk_pixels(channels: usize) -> usize {
    (CHUNK_FLOATS / channels.max(1)).clamp(1, 1024)
}

/// Calls `f(index, pixels)` for all chunks of `pixels`, in parallel.
pub(crate) fn for_each_chunk(
    pixels: usize,
    channels: usize,
    f: impl Fn(usize, Range<usize>) + Sync,
) {
    let chunk = chunk_pixels(channels);
    (0..pixels.div_ceil(chunk))
        .into_par_iter()
        .for_each(|index| f(index, index * chunk..((index + 1) * chunk).min(pixels)));
}
