//! Layer normalisation: over the channels of each pixel.
//!
//! With `y = gamma * xhat + beta` and `xhat = (x - mean) * inv_std`, the
//! moments those of the pixel, the gradient is
//!
//! ```text
//! dx = inv_std * (g - mean(g) - xhat * mean(g * xhat)),   g = gamma * dy
//! dgamma = sum(dy * xhat)        dbeta = sum(dy)
//! ```
//!
//! where means are over channels and sums over pixels.

use crate::chunks::{chunk_pixels, for_each_chunk};
use crate::isa::{Isa, Kernel};
use crate::scratch::with_shared;
use crate::simd::math::{moments_of, sum};
use crate::simd::{Simd, each_vector};
use crate::view::{Source, Target, View, ViewMut};
use std::ops::Range;

/// What a layer normalisation is of. Tensors are `[pixels, channels]`.
#[derive(Clone, Copy, Debug)]
pub struct LayerNorm<'a> {
    /// Pixels of all images.
    pub pixels: usize,
    /// Channels of a pixel.
    pub channels: usize,
    /// Input.
    pub x: View<'a>,
    /// Factor per channel.
    pub gamma: &'a [f32],
}

/// Where the gradients of a layer normalisation go.
#[derive(Debug)]
pub struct LayerNormGradients<'a> {
    /// Of the input, `[pixels, channels]`.
    pub dx: ViewMut<'a>,
    /// Of the factors, per channel.
    pub dgamma: &'a mut [f32],
    /// Of the summands, per channel.
    pub dbeta: &'a mut [f32],
}

impl LayerNorm<'_> {
    fn check(&self) {
        let channels = self.channels;
        assert!(channels > 0, "channels = 0: must be at least 1");
        assert_eq!(self.gamma.len(), channels, "gamma per channel");
    }
}

/// Normalises, and leaves mean and inverse deviation of every pixel in
/// `moments`, `[pixels, 2]`.
///
/// # Panics
/// If a view is too short, there are no channels, or a slice does not have an
/// entry per channel.
pub fn layer_norm_forward(
    isa: Isa,
    norm: &LayerNorm,
    beta: &[f32],
    epsilon: f32,
    mut moments: ViewMut,
    mut y: ViewMut,
) {
    norm.check();
    let LayerNorm {
        pixels,
        channels,
        gamma,
        ..
    } = *norm;
    assert_eq!(beta.len(), channels, "beta per channel");
    let x = norm.x.source(pixels, channels);
    let (moments, y) = (moments.target(pixels, 2), y.target(pixels, channels));
    for_each_chunk(pixels, channels, |_, pixels| {
        isa.run(Forward {
            pixels,
            channels,
            x,
            gamma,
            beta,
            epsilon,
            moments,
            y,
        });
    });
}

struct Forward<'a> {
    pixels: Range<usize>,
    channels: usize,
    x: Source,
    gamma: &'a [f32],
    beta: &'a [f32],
    epsilon: f32,
    moments: Target,
    y: Target,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            channels,
            gamma,
            beta,
            ..
        } = self;
        for pixel in self.pixels {
            let (x, y) = (self.x.at(pixel), self.y.at(pixel));
            // SAFETY: the views were checked for all pixels and channels, the
            // tables for all channels; tasks own their pixels.
            unsafe {
                let [mean, inv_std] = moments_of(simd, x, channels, self.epsilon);
                let moments = self.moments.at(pixel);
                moments.write(mean);
                moments.add(1).write(inv_std);
                let (mean, inv_std) = (simd.splat(mean), simd.splat(inv_std));
                each_vector!(S, channels, |c, n| {
                    let centred = simd.sub(simd.load_upto(x.add(c), n), mean);
                    let xhat = simd.mul(centred, inv_std);
                    let gamma = simd.load_upto(gamma.as_ptr().add(c), n);
                    let beta = simd.load_upto(beta.as_ptr().add(c), n);
                    simd.store_upto(y.add(c), simd.mul_add(xhat, gamma, beta), n);
                });
            }
        }
    }
}

/// The gradients, from `dy` and the `moments` that [`layer_norm_forward`] left.
///
/// # Panics
/// If a view is too short, there are no channels, or a slice does not have an
/// entry per channel.
pub fn layer_norm_backward(
    isa: Isa,
    norm: &LayerNorm,
    moments: View,
    dy: View,
    gradients: LayerNormGradients,
) {
    norm.check();
    let LayerNorm {
        pixels,
        channels,
        gamma,
        ..
    } = *norm;
    let LayerNormGradients {
        mut dx,
        dgamma,
        dbeta,
    } = gradients;
    assert_eq!(dgamma.len(), channels, "dgamma per channel");
    assert_eq!(dbeta.len(), channels, "dbeta per channel");
    let [x, dy] = [norm.x, dy].map(|view| view.source(pixels, channels));
    let (moments, dx) = (moments.source(pixels, 2), dx.target(pixels, channels));
    let chunks = pixels.div_ceil(chunk_pixels(channels));
    with_shared(chunks * 2 * channels, |tables| {
        let table = Target {
            ptr: tables.as_mut_ptr(),
            pixel_stride: 2 * channels,
        };
        for_each_chunk(pixels, channels, |index, pixels| {
            isa.run(Backward {
                pixels,
                channels,
                x,
                dy,
                gamma,
                moments,
                dx,
                table: table.at(index),
            });
        });
        for c in 0..channels {
            let total = |row: usize| {
                let values = tables.iter().skip(row * channels + c).step_by(2 * channels);
                values.map(|&value| f64::from(value)).sum::<f64>() as f32
            };
            dgamma[c] = total(0);
            dbeta[c] = total(1);
        }
    });
}

struct Backward<'a> {
    pixels: Range<usize>,
    channels: usize,
    x: Source,
    dy: Source,
    gamma: &'a [f32],
    moments: Source,
    dx: Target,
    /// The chunk's sums of `dy * xhat`, then those of `dy`.
    table: *mut f32,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            channels,
            gamma,
            table,
            ..
        } = self;
        let inverse = 1.0 / channels as f32;
        let first = self.pixels.start;
        for pixel in self.pixels {
            let (x, dy, dx) = (self.x.at(pixel), self.dy.at(pixel), self.dx.at(pixel));
            // SAFETY: the views were checked for all pixels and channels, the
            // tables for all channels; the chunk's table is this task's own, as
            // are its pixels.
            unsafe {
                let moments = self.moments.at(pixel);
                let mean = simd.splat(*moments);
                let inv_std = simd.splat(*moments.add(1));
                let (mut g_sum, mut g_xhat_sum) = (simd.zero(), simd.zero());
                each_vector!(S, channels, |c, n| {
                    let xhat = simd.mul(simd.sub(simd.load_upto(x.add(c), n), mean), inv_std);
                    // Zero past the last channel.
                    let dy = simd.load_upto(dy.add(c), n);
                    let (gamma_row, beta_row) = (table.add(c), table.add(channels + c));
                    let dy_xhat = simd.mul(dy, xhat);
                    let (mut dgamma, mut dbeta) = (dy_xhat, dy);
                    if pixel > first {
                        dgamma = simd.add(simd.load_upto(gamma_row, n), dgamma);
                        dbeta = simd.add(simd.load_upto(beta_row, n), dbeta);
                    }
                    simd.store_upto(gamma_row, dgamma, n);
                    simd.store_upto(beta_row, dbeta, n);
                    let gamma = simd.load_upto(gamma.as_ptr().add(c), n);
                    g_sum = simd.mul_add(gamma, dy, g_sum);
                    g_xhat_sum = simd.mul_add(gamma, dy_xhat, g_xhat_sum);
                });
                let mean_g = simd.splat(sum(simd, g_sum) * inverse);
                let mean_g_xhat = simd.splat(sum(simd, g_xhat_sum) * inverse);
                each_vector!(S, channels, |c, n| {
                    let xhat = simd.mul(simd.sub(simd.load_upto(x.add(c), n), mean), inv_std);
                    let gamma = simd.load_upto(gamma.as_ptr().add(c), n);
                    let g = simd.mul(gamma, simd.load_upto(dy.add(c), n));
                    let centred = simd.sub(simd.sub(g, mean_g), simd.mul(xhat, mean_g_xhat));
                    simd.store_upto(dx.add(c), simd.mul(inv_std, centred), n);
                });
            }
        }
    }
}
