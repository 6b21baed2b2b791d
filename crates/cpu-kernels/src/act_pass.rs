//! Activations of whole tensors, and their gradients.

use crate::act::Act;
use crate::chunks::for_each_chunk;
use crate::isa::{Isa, Kernel};
use crate::simd::math::{normal, sigmoid};
use crate::simd::{Simd, each_vector};
use crate::view::{Source, Target, View, ViewMut};
use std::ops::Range;

/// `y = act(x)`.
///
/// All tensors are `[pixels, channels]`.
///
/// # Panics
/// If a view is too short or a slope is not positive.
pub fn act_forward(isa: Isa, pixels: usize, channels: usize, act: Act, x: View, mut y: ViewMut) {
    act.check();
    let (x, y) = (x.source(pixels, channels), y.target(pixels, channels));
    for_each_chunk(pixels, channels, |_, pixels| {
        forward(isa, act, pixels, channels, x, y);
    });
}

/// `dx = dy * act'(x)`. `kept` is the result `y` where the
/// [derivative follows from it](Act::derivative_from_result), otherwise the
/// input `x`.
///
/// All tensors are `[pixels, channels]`.
///
/// # Panics
/// If a view is too short or a slope is not positive.
pub fn act_backward(
    isa: Isa,
    pixels: usize,
    channels: usize,
    act: Act,
    kept: View,
    dy: View,
    mut dx: ViewMut,
) {
    act.check();
    let [kept, dy] = [kept, dy].map(|view| view.source(pixels, channels));
    let dx = dx.target(pixels, channels);
    for_each_chunk(pixels, channels, |_, pixels| match act {
        Act::Sigmoid => isa.run(Backward {
            curve: Sigmoid,
            pixels,
            channels,
            kept,
            dy,
            dx,
        }),
        Act::Silu => isa.run(Backward {
            curve: Silu,
            pixels,
            channels,
            kept,
            dy,
            dx,
        }),
        Act::Gelu => isa.run(Backward {
            curve: Gelu,
            pixels,
            channels,
            kept,
            dy,
            dx,
        }),
        straight => isa.run(Backward {
            curve: straight,
            pixels,
            channels,
            kept,
            dy,
            dx,
        }),
    });
}

/// What is left of an epilogue's activation once the results are written: the
/// pass over them where it was not done early.
pub(crate) fn finish(isa: Isa, pixels: usize, channels: usize, act: Act, y: Target) {
    if !act.is_done_early() {
        for_each_chunk(pixels, channels, |_, pixels| {
            finish_chunk(isa, act, pixels, channels, y);
        });
    }
}

/// [`finish`] for some pixels.
pub(crate) fn finish_chunk(isa: Isa, act: Act, pixels: Range<usize>, channels: usize, y: Target) {
    if !act.is_done_early() {
        forward(isa, act, pixels, channels, y.source(), y);
    }
}

/// Of some pixels; `x` and `y` may be the same.
fn forward(isa: Isa, act: Act, pixels: Range<usize>, channels: usize, x: Source, y: Target) {
    match act {
        Act::Sigmoid => isa.run(Forward {
            curve: Sigmoid,
            pixels,
            channels,
            x,
            y,
        }),
        Act::Silu => isa.run(Forward {
            curve: Silu,
            pixels,
            channels,
            x,
            y,
        }),
        Act::Gelu => isa.run(Forward {
            curve: Gelu,
            pixels,
            channels,
            x,
            y,
        }),
        straight => isa.run(Forward {
            curve: straight,
            pixels,
            channels,
            x,
            y,
        }),
    }
}

/// A function of a vector, and its gradient from what [`act_backward`] keeps.
trait Curve: Copy {
    fn forward<S: Simd>(self, simd: S, x: S::Vector) -> S::Vector;
    fn backward<S: Simd>(self, simd: S, kept: S::Vector, dy: S::Vector) -> S::Vector;
}

/// Those that are straight.
impl Curve for Act {
    #[inline(always)]
    fn forward<S: Simd>(self, simd: S, x: S::Vector) -> S::Vector {
        self.bend(simd, x)
    }
    #[inline(always)]
    fn backward<S: Simd>(self, simd: S, kept: S::Vector, dy: S::Vector) -> S::Vector {
        self.bend_gradient(simd, kept, dy)
    }
}

#[derive(Clone, Copy)]
struct Sigmoid;

impl Curve for Sigmoid {
    #[inline(always)]
    fn forward<S: Simd>(self, simd: S, x: S::Vector) -> S::Vector {
        sigmoid(simd, x)
    }
    /// `dy * y * (1 - y)`
    #[inline(always)]
    fn backward<S: Simd>(self, simd: S, kept: S::Vector, dy: S::Vector) -> S::Vector {
        let slope = simd.mul(kept, simd.sub(simd.splat(1.0), kept));
        simd.mul(dy, slope)
    }
}

#[derive(Clone, Copy)]
struct Silu;

impl Curve for Silu {
    #[inline(always)]
    fn forward<S: Simd>(self, simd: S, x: S::Vector) -> S::Vector {
        simd.mul(x, sigmoid(simd, x))
    }
    /// `dy * s * (1 + x * (1 - s))` with `s = sigmoid(x)`.
    #[inline(always)]
    fn backward<S: Simd>(self, simd: S, kept: S::Vector, dy: S::Vector) -> S::Vector {
        let (s, one) = (sigmoid(simd, kept), simd.splat(1.0));
        let slope = simd.mul(s, simd.mul_add(kept, simd.sub(one, s), one));
        simd.mul(dy, slope)
    }
}

#[derive(Clone, Copy)]
struct Gelu;

impl Curve for Gelu {
    #[inline(always)]
    fn forward<S: Simd>(self, simd: S, x: S::Vector) -> S::Vector {
        simd.mul(x, normal(simd, x).0)
    }
    /// `dy * (Phi(x) + x * phi(x))` with the density `phi`.
    #[inline(always)]
    fn backward<S: Simd>(self, simd: S, kept: S::Vector, dy: S::Vector) -> S::Vector {
        let (below, density) = normal(simd, kept);
        simd.mul(dy, simd.mul_add(kept, density, below))
    }
}

struct Forward<C> {
    curve: C,
    pixels: Range<usize>,
    channels: usize,
    x: Source,
    y: Target,
}

impl<C: Curve> Kernel for Forward<C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (x, y) = (self.x, self.y);
        for pixel in self.pixels {
            // SAFETY: the views were checked for all pixels and channels; tasks
            // own their pixels of `y`, which may be those of `x`.
            each_vector!(S, self.channels, |c, n| {
                unsafe {
                    let value = simd.load_upto(x.at(pixel).add(c), n);
                    simd.store_upto(y.at(pixel).add(c), self.curve.forward(simd, value), n);
                }
            });
        }
    }
}

struct Backward<C> {
    curve: C,
    pixels: Range<usize>,
    channels: usize,
    kept: Source,
    dy: Source,
    dx: Target,
}

impl<C: Curve> Kernel for Backward<C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (kept, dy, dx) = (self.kept, self.dy, self.dx);
        for pixel in self.pixels {
            // SAFETY: the views were checked for all pixels and channels; tasks
            // own their pixels of `dx`.
            each_vector!(S, self.channels, |c, n| {
                unsafe {
                    let kept = simd.load_upto(kept.at(pixel).add(c), n);
                    let dy = simd.load_upto(dy.at(pixel).add(c), n);
                    simd.store_upto(dx.at(pixel).add(c), self.curve.backward(simd, kept, dy), n);
                }
            });
        }
    }
}
