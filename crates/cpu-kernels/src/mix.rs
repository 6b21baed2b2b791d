//! Sums of maps with weights.
//!
//! With `y_o = sum_i w_oi x_i` over the maps `x_i` of an image, the gradients are
//!
//! ```text
//! dx_i = sum_o w_oi dy_o        dw_oi = sum(dy_o * x_i)
//! ```
//!
//! where the last sum is over pixels and channels. The first is a mix by transposed weights.

use crate::chunks::chunk_pixels;
use crate::isa::{Isa, Kernel};
use crate::scratch::with_shared;
use crate::simd::math::sum;
use crate::simd::{Simd, each_vector};
use crate::view::{Source, Target, View, ViewMut};
use rayon::prelude::*;
use std::ops::Range;

/// What a mix is of. The maps of an image stand side by side: tensors are
/// `[images * maps, pixels, channels]`.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// Images.
    pub images: usize,
    /// Maps of an image that are mixed.
    pub from: usize,
    /// Maps of an image that come of it.
    pub to: usize,
    /// Pixels of a map.
    pub pixels: usize,
    /// Channels of a pixel.
    pub channels: usize,
    /// Whether each image has weights of its own.
    pub by_image: bool,
}

impl Mix {
    /// How many weights there are: `[images, to, from]`, or `[1, to, from]`.
    fn weights(&self) -> usize {
        let sets = if self.by_image { self.images } else { 1 };
        sets * self.to * self.from
    }

    fn check(&self, weights: usize) {
        assert!(self.channels > 0, "channels = 0: must be at least 1");
        assert_eq!(weights, self.weights(), "weights of all maps");
    }

    /// Where the weights of an image begin.
    fn first_weight(&self, image: usize) -> usize {
        let set = if self.by_image { image } else { 0 };
        set * self.to * self.from
    }

    /// Chunks of pixels of an image.
    fn chunks(&self) -> usize {
        self.pixels.div_ceil(chunk_pixels(self.chunk_channels()))
    }

    /// What a task reads or writes of a pixel.
    fn chunk_channels(&self) -> usize {
        self.channels * self.from.max(self.to)
    }

    /// Calls `f(index, image, pixels)` for all chunks of all images, in parallel.
    fn for_each_chunk(&self, f: impl Fn(usize, usize, Range<usize>) + Sync) {
        let chunk = chunk_pixels(self.chunk_channels());
        let chunks = self.chunks();
        (0..self.images * chunks).into_par_iter().for_each(|index| {
            let first = index % chunks * chunk;
            f(
                index,
                index / chunks,
                first..(first + chunk).min(self.pixels),
            );
        });
    }
}

/// `y_o = sum_i w_oi x_i`, with weights `[images, to, from]`, or `[1, to, from]`.
///
/// # Panics
/// If a view is too short, there are no channels, or another number of weights.
pub fn mix_forward(isa: Isa, mix: &Mix, weights: &[f32], x: View, mut y: ViewMut) {
    mix.check(weights.len());
    let Mix {
        from, to, pixels, ..
    } = *mix;
    let x = x.source(mix.images * from * pixels, mix.channels);
    let y = y.target(mix.images * to * pixels, mix.channels);
    mix.for_each_chunk(|_, image, range| {
        isa.run(Forward {
            mix,
            image,
            pixels: range,
            weights: &weights[mix.first_weight(image)..][..to * from],
            x,
            y,
        });
    });
}

struct Forward<'a> {
    mix: &'a Mix,
    image: usize,
    pixels: Range<usize>,
    weights: &'a [f32],
    x: Source,
    y: Target,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Mix {
            from,
            to,
            pixels,
            channels,
            ..
        } = *self.mix;
        for pixel in self.pixels {
            let x = self.image * from * pixels + pixel;
            let y = self.image * to * pixels + pixel;
            for (o, weights) in self.weights.chunks_exact(from).enumerate() {
                // SAFETY: the views were checked for all pixels and channels; tasks own their
                // pixels of `y`.
                each_vector!(S, channels, |c, n| {
                    unsafe {
                        let mut total = simd.zero();
                        for (i, &weight) in weights.iter().enumerate() {
                            let x = simd.load_upto(self.x.at(x + i * pixels).add(c), n);
                            total = simd.mul_add(simd.splat(weight), x, total);
                        }
                        simd.store_upto(self.y.at(y + o * pixels).add(c), total, n);
                    }
                });
            }
        }
    }
}

/// The gradient of the weights, from `dy`: `dw_oi = sum(dy_o * x_i)`.
///
/// # Panics
/// If a view is too short, there are no channels, or another number of weights.
pub fn mix_backward_weight(isa: Isa, mix: &Mix, x: View, dy: View, dw: &mut [f32]) {
    mix.check(dw.len());
    let Mix {
        from, to, pixels, ..
    } = *mix;
    let x = x.source(mix.images * from * pixels, mix.channels);
    let dy = dy.source(mix.images * to * pixels, mix.channels);
    let set = to * from;
    let chunks = mix.chunks();
    with_shared(mix.images * chunks * set, |tables| {
        let table = Target {
            ptr: tables.as_mut_ptr(),
            pixel_stride: set,
        };
        mix.for_each_chunk(|index, image, range| {
            isa.run(Backward {
                mix,
                image,
                pixels: range,
                x,
                dy,
                table: table.at(index),
            });
        });
        let tables_of_a_set = if mix.by_image {
            chunks
        } else {
            mix.images * chunks
        };
        for (index, dw) in dw.iter_mut().enumerate() {
            let first = index / set * tables_of_a_set * set + index % set;
            let values = tables.iter().skip(first).step_by(set);
            let total = values.take(tables_of_a_set).map(|&value| f64::from(value));
            *dw = total.sum::<f64>() as f32;
        }
    });
}

struct Backward<'a> {
    mix: &'a Mix,
    image: usize,
    pixels: Range<usize>,
    x: Source,
    dy: Source,
    /// The chunk's sums, `[to, from]`.
    table: *mut f32,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Mix {
            from,
            to,
            pixels,
            channels,
            ..
        } = *self.mix;
        let first = self.image * pixels;
        for o in 0..to {
            for i in 0..from {
                let mut total = simd.zero();
                for pixel in self.pixels.clone() {
                    let x = self.x.at(first * from + i * pixels + pixel);
                    let dy = self.dy.at(first * to + o * pixels + pixel);
                    // SAFETY: the views were checked for all pixels and channels.
                    each_vector!(S, channels, |c, n| {
                        unsafe {
                            // Zero past the last channel.
                            let [x, dy] = [x, dy].map(|from| simd.load_upto(from.add(c), n));
                            total = simd.mul_add(x, dy, total);
                        }
                    });
                }
                // SAFETY: the chunk's table is this task's own, and has an entry for each pair.
                unsafe { self.table.add(o * from + i).write(sum(simd, total)) };
            }
        }
    }
}
