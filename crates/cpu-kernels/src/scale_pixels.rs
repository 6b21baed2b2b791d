//! A factor for each pixel: `y = s * x`, and going back `dx = s * dy` and `ds = sum(x * dy)` over
//! channels.

use std::ops::Range;

use crate::chunks::for_each_chunk;
use crate::isa::{Isa, Kernel};
use crate::simd::math::sum;
use crate::simd::{Simd, each_vector};
use crate::view::{Source, Target, View, ViewMut};

/// `y = s * x`. `x` and `y` are `[pixels, channels]`, `s` is `[pixels, 1]`.
///
/// # Panics
/// If a view is too short.
pub fn scale_pixels_forward(
    isa: Isa,
    [pixels, channels]: [usize; 2],
    x: View,
    s: View,
    mut y: ViewMut,
) {
    let (x, s) = (x.source(pixels, channels), s.source(pixels, 1));
    let y = y.target(pixels, channels);
    for_each_chunk(pixels, channels, |_, pixels| {
        isa.run(Forward {
            pixels,
            channels,
            x,
            s,
            y,
        });
    });
}

struct Forward {
    pixels: Range<usize>,
    channels: usize,
    x: Source,
    s: Source,
    y: Target,
}

impl Kernel for Forward {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for pixel in self.pixels {
            let (x, y) = (self.x.at(pixel), self.y.at(pixel));
            // SAFETY: the views were checked for all pixels and channels; tasks own their pixels.
            unsafe {
                let s = simd.splat(*self.s.at(pixel));
                each_vector!(S, self.channels, |c, n| {
                    simd.store_upto(y.add(c), simd.mul(simd.load_upto(x.add(c), n), s), n);
                });
            }
        }
    }
}

/// The gradients of [`scale_pixels_forward`]. `x`, `dy` and `dx` are `[pixels, channels]`, `s` and
/// `ds` are `[pixels, 1]`.
///
/// # Panics
/// If a view is too short.
pub fn scale_pixels_backward(
    isa: Isa,
    [pixels, channels]: [usize; 2],
    x: View,
    s: View,
    dy: View,
    mut dx: ViewMut,
    mut ds: ViewMut,
) {
    let [x, dy] = [x, dy].map(|view| view.source(pixels, channels));
    let (s, dx) = (s.source(pixels, 1), dx.target(pixels, channels));
    let ds = ds.target(pixels, 1);
    for_each_chunk(pixels, channels, |_, pixels| {
        isa.run(Backward {
            pixels,
            channels,
            x,
            s,
            dy,
            dx,
            ds,
        });
    });
}

struct Backward {
    pixels: Range<usize>,
    channels: usize,
    x: Source,
    s: Source,
    dy: Source,
    dx: Target,
    ds: Target,
}

impl Kernel for Backward {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for pixel in self.pixels {
            let (x, dy, dx) = (self.x.at(pixel), self.dy.at(pixel), self.dx.at(pixel));
            // SAFETY: the views were checked for all pixels and channels; tasks own their pixels.
            unsafe {
                let s = simd.splat(*self.s.at(pixel));
                let mut products = simd.zero();
                each_vector!(S, self.channels, |c, n| {
                    let dy = simd.load_upto(dy.add(c), n);
                    products = simd.mul_add(simd.load_upto(x.add(c), n), dy, products);
                    simd.store_upto(dx.add(c), simd.mul(dy, s), n);
                });
                self.ds.at(pixel).write(sum(simd, products));
            }
        }
    }
}
