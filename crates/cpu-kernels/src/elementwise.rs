//! Work that visits every pixel once, in fixed chunks of pixels.

use crate::epilogue::Epilogue;
use crate::isa::{Isa, Kernel};
use crate::simd::{Simd, each_vector};
use crate::view::{Source, Target, View, ViewMut};
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

/// `y = relu(x * scale + bias + residual)`, every step optional: the
/// normalising step of a batch normalisation, or a plain sum of tensors.
///
/// All tensors are `[pixels, channels]`.
///
/// # Panics
/// If a view or a per-channel slice is too short.
pub fn apply_epilogue(
    isa: Isa,
    pixels: usize,
    channels: usize,
    x: View,
    epilogue: &Epilogue,
    mut y: ViewMut,
) {
    epilogue.check(channels);
    let (x, y) = (x.source(pixels, channels), y.target(pixels, channels));
    let residual = epilogue.residual.map(|view| view.source(pixels, channels));
    for_each_chunk(pixels, channels, |_, pixels| {
        isa.run(Apply {
            pixels,
            channels,
            x,
            y,
            residual,
            epilogue,
        });
    });
}

struct Apply<'a> {
    pixels: Range<usize>,
    channels: usize,
    x: Source,
    y: Target,
    residual: Option<Source>,
    epilogue: &'a Epilogue<'a>,
}

impl Kernel for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            pixels,
            channels,
            x,
            y,
            residual,
            epilogue,
        } = self;
        for pixel in pixels {
            // SAFETY: the views were checked for all pixels and channels, the
            // tables for all channels; tasks own their pixels of `y`.
            each_vector!(S, channels, |c, n| {
                unsafe {
                    let mut value = simd.load_upto(x.at(pixel).add(c), n);
                    if let Some(scale) = epilogue.scale {
                        value = simd.mul(value, simd.load_upto(scale.as_ptr().add(c), n));
                    }
                    if let Some(bias) = epilogue.bias {
                        value = simd.add(value, simd.load_upto(bias.as_ptr().add(c), n));
                    }
                    if let Some(residual) = residual {
                        value = simd.add(value, simd.load_upto(residual.at(pixel).add(c), n));
                    }
                    if epilogue.relu {
                        value = simd.max(value, simd.zero());
                    }
                    simd.store_upto(y.at(pixel).add(c), value, n);
                }
            });
        }
    }
}

/// `dx = dy` where the result `y` of a ReLU is positive, else zero.
///
/// All tensors are `[pixels, channels]`.
///
/// # Panics
/// If a view is too short.
pub fn relu_backward(isa: Isa, pixels: usize, channels: usize, y: View, dy: View, mut dx: ViewMut) {
    let [y, dy] = [y, dy].map(|view| view.source(pixels, channels));
    let dx = dx.target(pixels, channels);
    for_each_chunk(pixels, channels, |_, pixels| {
        isa.run(ReluGradient {
            pixels,
            channels,
            y,
            dy,
            dx,
        });
    });
}

struct ReluGradient {
    pixels: Range<usize>,
    channels: usize,
    y: Source,
    dy: Source,
    dx: Target,
}

impl Kernel for ReluGradient {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            pixels,
            channels,
            y,
            dy,
            dx,
        } = self;
        for pixel in pixels {
            // SAFETY: the views were checked for all pixels and channels; tasks
            // own their pixels of `dx`.
            each_vector!(S, channels, |c, n| {
                unsafe {
                    let y = simd.load_upto(y.at(pixel).add(c), n);
                    let dy = simd.load_upto(dy.at(pixel).add(c), n);
                    let passed = simd.select_greater(y, simd.zero(), dy, simd.zero());
                    simd.store_upto(dx.at(pixel).add(c), passed, n);
                }
            });
        }
    }
}
