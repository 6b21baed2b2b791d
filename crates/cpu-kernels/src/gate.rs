//! The gate of a highway layer.

use crate::chunks::for_each_chunk;
use crate::isa::{Isa, Kernel};
use crate::simd::math::sigmoid;
use crate::simd::{Simd, each_vector};
use crate::view::{Source, Target, View, ViewMut};
use std::ops::Range;

/// What a gate chooses between, and by what. All are `[pixels, channels]`.
#[derive(Clone, Copy, Debug)]
pub struct GateTensors<'a> {
    /// Pixels of all images.
    pub pixels: usize,
    /// Channels of a pixel.
    pub channels: usize,
    /// The gate before its sigmoid.
    pub z: View<'a>,
    /// What an open gate lets through.
    pub h: View<'a>,
    /// What a shut gate carries.
    pub x: View<'a>,
}

/// Where the gradients of a gate go. All are `[pixels, channels]`.
#[derive(Debug)]
pub struct GateGradients<'a> {
    /// Of the gate before its sigmoid.
    pub dz: ViewMut<'a>,
    /// Of what an open gate lets through.
    pub dh: ViewMut<'a>,
    /// Of what a shut gate carries.
    pub dx: ViewMut<'a>,
}

/// `y = x + t * (h - x)` with `t = sigmoid(z)`.
///
/// # Panics
/// If a view is too short.
pub fn gate_forward(isa: Isa, tensors: &GateTensors, mut y: ViewMut) {
    let GateTensors {
        pixels, channels, ..
    } = *tensors;
    let inputs = tensors.sources();
    let y = y.target(pixels, channels);
    for_each_chunk(pixels, channels, |_, pixels| {
        isa.run(Forward {
            pixels,
            channels,
            inputs,
            y,
        });
    });
}

/// From `dy`: `dz = dy * (h - x) * t * (1 - t)`, `dh = dy * t` and `dx = dy * (1 - t)`.
///
/// # Panics
/// If a view is too short.
pub fn gate_backward(isa: Isa, tensors: &GateTensors, dy: View, mut gradients: GateGradients) {
    let GateTensors {
        pixels, channels, ..
    } = *tensors;
    let inputs = tensors.sources();
    let dy = dy.source(pixels, channels);
    let GateGradients { dz, dh, dx } = &mut gradients;
    let outputs = [dz, dh, dx].map(|view| view.target(pixels, channels));
    for_each_chunk(pixels, channels, |_, pixels| {
        isa.run(Backward {
            pixels,
            channels,
            inputs,
            dy,
            outputs,
        });
    });
}

impl GateTensors<'_> {
    fn sources(&self) -> [Source; 3] {
        [self.z, self.h, self.x].map(|view| view.source(self.pixels, self.channels))
    }
}

struct Forward {
    pixels: Range<usize>,
    channels: usize,
    /// `z`, `h` and `x`.
    inputs: [Source; 3],
    y: Target,
}

impl Kernel for Forward {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (inputs, y) = (self.inputs, self.y);
        for pixel in self.pixels {
            // SAFETY: the views were checked for all pixels and channels; tasks
            // own their pixels of `y`.
            each_vector!(S, self.channels, |c, n| {
                unsafe {
                    let [z, h, x] = inputs.map(|i| simd.load_upto(i.at(pixel).add(c), n));
                    let value = simd.mul_add(sigmoid(simd, z), simd.sub(h, x), x);
                    simd.store_upto(y.at(pixel).add(c), value, n);
                }
            });
        }
    }
}

struct Backward {
    pixels: Range<usize>,
    channels: usize,
    /// `z`, `h` and `x`.
    inputs: [Source; 3],
    dy: Source,
    /// `dz`, `dh` and `dx`.
    outputs: [Target; 3],
}

impl Kernel for Backward {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (inputs, outputs) = (self.inputs, self.outputs);
        for pixel in self.pixels {
            // SAFETY: the views were checked for all pixels and channels; tasks
            // own their pixels of the outputs.
            each_vector!(S, self.channels, |c, n| {
                unsafe {
                    let [z, h, x] = inputs.map(|i| simd.load_upto(i.at(pixel).add(c), n));
                    let dy = simd.load_upto(self.dy.at(pixel).add(c), n);
                    let t = sigmoid(simd, z);
                    let dh = simd.mul(dy, t);
                    let dx = simd.sub(dy, dh);
                    // dy * t * (1 - t) is `dx * t`.
                    let dz = simd.mul(simd.mul(dx, t), simd.sub(h, x));
                    for (output, value) in outputs.into_iter().zip([dz, dh, dx]) {
                        simd.store_upto(output.at(pixel).add(c), value, n);
                    }
                }
            });
        }
    }
}
