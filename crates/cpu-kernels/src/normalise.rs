//! Statistics and gradients of batch normalisation.
//!
//! With `z = weight * xhat + bias` and `xhat = (x - mean) * inv_std`, where the
//! moments are those of the batch, the gradient is
//!
//! ```text
//! dx = weight * inv_std * (dz - mean(dz) - xhat * mean(dz * xhat))
//! dweight = sum(dz * xhat)        dbias = sum(dz)
//! ```
//!
//! where `dz` is `dy`, gone back through the activation if one follows.

use crate::act::Act;
use crate::chunks::{chunk_pixels, for_each_chunk};
use crate::isa::{Isa, Kernel};
use crate::moments::{ChunkMoments, Moments};
use crate::scratch::with_shared;
use crate::simd::{Simd, each_vector};
use crate::view::{Source, Target, View, ViewMut};
use std::ops::Range;

/// Mean and biased variance per channel of `x`, `[pixels, channels]`.
///
/// # Panics
/// If the view is too short or a slice does not have `channels` entries.
pub fn channel_moments(isa: Isa, pixels: usize, channels: usize, x: View, moments: Moments) {
    moments_of(isa, pixels, channels, x.source(pixels, channels), moments);
}

/// [`channel_moments`] of a checked view.
///
/// # Panics
/// If a slice does not have `channels` entries.
pub(crate) fn moments_of(
    isa: Isa,
    pixels: usize,
    channels: usize,
    x: Source,
    mut moments: Moments,
) {
    moments.check(channels);
    let chunk = chunk_pixels(channels);
    let chunks = pixels.div_ceil(chunk);
    with_shared(chunks * ChunkMoments::len(channels), |tables| {
        let table = ChunkMoments {
            ptr: tables.as_mut_ptr(),
            channels,
        };
        for_each_chunk(pixels, channels, |index, pixels| {
            isa.run(MomentsOf {
                pixels,
                x,
                table: table.chunk(index),
            });
        });
        moments.merge(tables, (0..chunks).map(|i| chunk.min(pixels - i * chunk)));
    });
}

/// Pixels that are summed in registers before a table is touched.
const UNROLL: usize = 4;

struct MomentsOf {
    pixels: Range<usize>,
    x: Source,
    table: ChunkMoments,
}

impl Kernel for MomentsOf {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { pixels, x, table } = self;
        let first = x.at(pixels.start);
        for start in pixels.clone().step_by(UNROLL) {
            let end = (start + UNROLL).min(pixels.end);
            // SAFETY: the view was checked for all pixels and channels; the
            // chunk's table is this task's own.
            each_vector!(S, table.channels, |c, n| {
                unsafe {
                    let shift = simd.load_upto(first.add(c), n);
                    let [shift_row, sum_row, square_row] = table.rows(c);
                    let (mut sum, mut square) = if start == pixels.start {
                        simd.store_upto(shift_row, shift, n);
                        (simd.zero(), simd.zero())
                    } else {
                        (simd.load_upto(sum_row, n), simd.load_upto(square_row, n))
                    };
                    for pixel in start..end {
                        let centred = simd.sub(simd.load_upto(x.at(pixel).add(c), n), shift);
                        sum = simd.add(sum, centred);
                        square = simd.mul_add(centred, centred, square);
                    }
                    simd.store_upto(sum_row, sum, n);
                    simd.store_upto(square_row, square, n);
                }
            });
        }
    }
}

/// The tensors from which a batch normalisation's gradient is computed, all
/// `[pixels, channels]`, and the batch's statistics.
#[derive(Clone, Copy, Debug)]
pub struct BatchNormTensors<'a> {
    /// Pixels of the batch.
    pub pixels: usize,
    /// Channels.
    pub channels: usize,
    /// Input.
    pub x: View<'a>,
    /// Gradient with respect to the output.
    pub dy: View<'a>,
    /// The ReLU or leaky ReLU that followed, and its result. The gradient of
    /// another activation goes through [`act_backward`](crate::act_backward)
    /// first.
    pub act: Option<(Act, View<'a>)>,
    /// Mean per channel.
    pub mean: &'a [f32],
    /// `1 / sqrt(variance + epsilon)` per channel.
    pub inv_std: &'a [f32],
}

/// The sums of a batch normalisation's gradient.
#[derive(Debug)]
pub struct BatchNormSums<'a> {
    /// `sum(dz)` per channel, the gradient of the bias.
    pub dz: &'a mut [f32],
    /// `sum(dz * xhat)` per channel, the gradient of the weight.
    pub dz_xhat: &'a mut [f32],
}

/// Checked sources of the tensors.
#[derive(Clone, Copy)]
struct Sources<'a> {
    channels: usize,
    x: Source,
    dy: Source,
    act: Option<(Act, Source)>,
    mean: &'a [f32],
    inv_std: &'a [f32],
}

impl<'a> BatchNormTensors<'a> {
    fn sources(&self) -> Sources<'a> {
        let &Self {
            pixels,
            channels,
            mean,
            inv_std,
            ..
        } = self;
        assert_eq!(mean.len(), channels, "mean per channel");
        assert_eq!(inv_std.len(), channels, "inv_std per channel");
        if let Some((act, _)) = self.act {
            act.check();
            assert!(
                act.is_straight(),
                "act = {act:?}: must be a ReLU or a leaky one; \
                 let the gradient go through act_backward first"
            );
        }
        let source = |view: View| view.source(pixels, channels);
        Sources {
            channels,
            x: source(self.x),
            dy: source(self.dy),
            act: self.act.map(|(act, y)| (act, source(y))),
            mean,
            inv_std,
        }
    }
}

impl Sources<'_> {
    /// `(dz, xhat)` of `n` channels from `c` on.
    ///
    /// # Safety
    /// The pixel and the channels must exist.
    #[inline(always)]
    unsafe fn load<S: Simd>(
        &self,
        simd: S,
        pixel: usize,
        c: usize,
        n: usize,
    ) -> (S::Vector, S::Vector) {
        // SAFETY: passed on from the caller; the tables have all channels.
        unsafe {
            let mean = simd.load_upto(self.mean.as_ptr().add(c), n);
            let inv_std = simd.load_upto(self.inv_std.as_ptr().add(c), n);
            let x = simd.load_upto(self.x.at(pixel).add(c), n);
            let xhat = simd.mul(simd.sub(x, mean), inv_std);
            let mut dz = simd.load_upto(self.dy.at(pixel).add(c), n);
            if let Some((act, y)) = self.act {
                let y = simd.load_upto(y.at(pixel).add(c), n);
                dz = act.bend_gradient(simd, y, dz);
            }
            (dz, xhat)
        }
    }
}

/// The first pass of a batch normalisation's gradient: the sums over pixels.
///
/// # Panics
/// If a view is too short, a slice does not have an entry per channel, or the
/// activation is not one of those in [`BatchNormTensors`].
pub fn batch_norm_backward_sums(isa: Isa, tensors: &BatchNormTensors, sums: BatchNormSums) {
    let sources = tensors.sources();
    let channels = tensors.channels;
    assert_eq!(sums.dz.len(), channels, "sum of dz per channel");
    assert_eq!(sums.dz_xhat.len(), channels, "sum of dz * xhat per channel");
    let chunks = tensors.pixels.div_ceil(chunk_pixels(channels));
    with_shared(chunks * 2 * channels, |tables| {
        let table = Target {
            ptr: tables.as_mut_ptr(),
            pixel_stride: 2 * channels,
        };
        for_each_chunk(tensors.pixels, channels, |index, pixels| {
            isa.run(GradientSums {
                sources,
                pixels,
                table: table.at(index),
            });
        });
        for c in 0..channels {
            let total = |row: usize| {
                let values = tables.iter().skip(row * channels + c).step_by(2 * channels);
                values.map(|&value| f64::from(value)).sum::<f64>() as f32
            };
            sums.dz[c] = total(0);
            sums.dz_xhat[c] = total(1);
        }
    });
}

struct GradientSums<'a> {
    sources: Sources<'a>,
    pixels: Range<usize>,
    table: *mut f32,
}

impl Kernel for GradientSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            sources,
            pixels,
            table,
        } = self;
        let channels = sources.channels;
        for start in pixels.clone().step_by(UNROLL) {
            let end = (start + UNROLL).min(pixels.end);
            // SAFETY: the views were checked for all pixels and channels; the
            // chunk's table is this task's own.
            each_vector!(S, channels, |c, n| {
                unsafe {
                    let (dz_row, dz_xhat_row) = (table.add(c), table.add(channels + c));
                    let (mut dz_sum, mut dz_xhat_sum) = if start == pixels.start {
                        (simd.zero(), simd.zero())
                    } else {
                        (simd.load_upto(dz_row, n), simd.load_upto(dz_xhat_row, n))
                    };
                    for pixel in start..end {
                        let (dz, xhat) = sources.load(simd, pixel, c, n);
                        dz_sum = simd.add(dz_sum, dz);
                        dz_xhat_sum = simd.mul_add(dz, xhat, dz_xhat_sum);
                    }
                    simd.store_upto(dz_row, dz_sum, n);
                    simd.store_upto(dz_xhat_row, dz_xhat_sum, n);
                }
            });
        }
    }
}

/// The second pass of a batch normalisation's gradient: `dx` and, if asked
/// for, `dz`, which is the gradient of a residual added before the activation.
///
/// # Panics
/// If a view is too short, a slice does not have an entry per channel, or the
/// activation is not one of those in [`BatchNormTensors`].
pub fn batch_norm_backward(
    isa: Isa,
    tensors: &BatchNormTensors,
    weight: &[f32],
    sums: &BatchNormSums,
    mut dx: ViewMut,
    dz: Option<ViewMut>,
) {
    let sources = tensors.sources();
    let (pixels, channels) = (tensors.pixels, tensors.channels);
    for slice in [weight, &*sums.dz, &*sums.dz_xhat] {
        assert_eq!(slice.len(), channels, "entries per channel");
    }
    let dx = dx.target(pixels, channels);
    let dz = dz.map(|mut view| view.target(pixels, channels));
    let inverse = 1.0 / pixels.max(1) as f32;
    for_each_chunk(pixels, channels, |_, pixels| {
        isa.run(Gradient {
            sources,
            pixels,
            weight,
            sums,
            inverse,
            dx,
            dz,
        });
    });
}

struct Gradient<'a> {
    sources: Sources<'a>,
    pixels: Range<usize>,
    weight: &'a [f32],
    sums: &'a BatchNormSums<'a>,
    /// One over the number of pixels.
    inverse: f32,
    dx: Target,
    dz: Option<Target>,
}

impl Kernel for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            sources,
            pixels,
            weight,
            sums,
            inverse,
            dx,
            dz: dz_target,
        } = self;
        let inverse = simd.splat(inverse);
        for pixel in pixels {
            // SAFETY: the views were checked for all pixels and channels, the
            // tables for all channels; tasks own their pixels.
            each_vector!(S, sources.channels, |c, n| {
                unsafe {
                    let (dz, xhat) = sources.load(simd, pixel, c, n);
                    let entry = |table: &[f32]| simd.load_upto(table.as_ptr().add(c), n);
                    let scale = simd.mul(entry(weight), entry(sources.inv_std));
                    let mean_dz = simd.mul(entry(sums.dz), inverse);
                    let mean_dz_xhat = simd.mul(entry(sums.dz_xhat), inverse);
                    let centred = simd.sub(simd.sub(dz, mean_dz), simd.mul(xhat, mean_dz_xhat));
                    simd.store_upto(dx.at(pixel).add(c), simd.mul(scale, centred), n);
                    if let Some(target) = dz_target {
                        simd.store_upto(target.at(pixel).add(c), dz, n);
                    }
                }
            });
        }
    }
}

/// `sums[c] = sum over pixels of x[pixel, c]`, the gradient of a bias.
///
/// # Panics
/// If the view is too short.
pub fn channel_sums(isa: Isa, pixels: usize, x: View, sums: &mut [f32]) {
    let channels = sums.len();
    let x = x.source(pixels, channels);
    let chunks = pixels.div_ceil(chunk_pixels(channels));
    with_shared(chunks * channels, |tables| {
        let table = Target {
            ptr: tables.as_mut_ptr(),
            pixel_stride: channels,
        };
        for_each_chunk(pixels, channels, |index, pixels| {
            isa.run(SumsOf {
                pixels,
                channels,
                x,
                table: table.at(index),
            });
        });
        for (c, sum) in sums.iter_mut().enumerate() {
            let values = tables.iter().skip(c).step_by(channels);
            *sum = values.map(|&value| f64::from(value)).sum::<f64>() as f32;
        }
    });
}

struct SumsOf {
    pixels: Range<usize>,
    channels: usize,
    x: Source,
    table: *mut f32,
}

impl Kernel for SumsOf {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            pixels,
            channels,
            x,
            table,
        } = self;
        for start in pixels.clone().step_by(UNROLL) {
            let end = (start + UNROLL).min(pixels.end);
            // SAFETY: the view was checked for all pixels and channels; the
            // chunk's table is this task's own.
            each_vector!(S, channels, |c, n| {
                unsafe {
                    let mut sum = if start == pixels.start {
                        simd.zero()
                    } else {
                        simd.load_upto(table.add(c), n)
                    };
                    for pixel in start..end {
                        sum = simd.add(sum, simd.load_upto(x.at(pixel).add(c), n));
                    }
                    simd.store_upto(table.add(c), sum, n);
                }
            });
        }
    }
}
