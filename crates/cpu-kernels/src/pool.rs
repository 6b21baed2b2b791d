//! Max pooling.

use crate::axis::Axis;
use crate::isa::{Isa, Kernel};
use crate::shape::{ConvShape, ShapeError};
use crate::simd::{Simd, each_vector};
use crate::view::{Source, Target, View, ViewMut};
use rayon::prelude::*;

/// The sizes of a pooling window sliding over `[batch, height, width, channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PoolShape {
    /// Images per batch.
    pub batch: usize,
    /// Channels, pooled independently.
    pub channels: usize,
    /// Input rows.
    pub in_height: usize,
    /// Input columns.
    pub in_width: usize,
    /// Window height and width; at most 255 taps.
    pub kernel: [usize; 2],
    /// Vertical and horizontal stride.
    pub stride: [usize; 2],
    /// Padding, `[[top, bottom], [left, right]]`, smaller than the window. It
    /// never wins the maximum.
    pub padding: [[usize; 2]; 2],
}

impl PoolShape {
    /// Checks that every size is positive and that the window fits the padded
    /// input.
    pub fn check(self) -> Result<Self, ShapeError> {
        let taps = self.kernel[0] * self.kernel[1];
        let covered = |i: usize| self.padding[i].iter().all(|pad| *pad < self.kernel[i]);
        self.as_convolution().check()?;
        if taps <= usize::from(u8::MAX) && covered(0) && covered(1) {
            Ok(self)
        } else {
            Err(ShapeError::KernelTooLarge)
        }
    }

    /// Output rows.
    pub fn out_height(&self) -> usize {
        self.axes()[0].output
    }

    /// Output columns.
    pub fn out_width(&self) -> usize {
        self.axes()[1].output
    }

    fn as_convolution(&self) -> ConvShape {
        ConvShape {
            batch: self.batch,
            in_channels: self.channels,
            in_height: self.in_height,
            in_width: self.in_width,
            out_channels: self.channels,
            kernel: self.kernel,
            stride: self.stride,
            padding: self.padding,
            dilation: [1; 2],
            groups: self.channels,
        }
    }

    fn axes(&self) -> [Axis; 2] {
        self.as_convolution().axes()
    }
}

/// `y[n, oh, ow, c] = max over the window of x`, and in `taps` which tap
/// `kh * kernel_width + kw` of the window was the first to attain it.
///
/// `taps` is contiguous, `[batch, out_height, out_width, channels]`.
///
/// # Panics
/// If the shape is invalid or a buffer is too short.
pub fn max_pool_forward(isa: Isa, shape: &PoolShape, x: View, mut y: ViewMut, taps: &mut [u8]) {
    let shape = shape.check().expect("valid pooling shape");
    let conv = shape.as_convolution();
    let (x, channels) = (x.source(conv.in_pixels(), shape.channels), shape.channels);
    let y = y.target(conv.out_pixels(), channels);
    assert_eq!(taps.len(), conv.out_pixels() * channels, "taps per output");
    taps.par_chunks_mut(shape.out_width() * channels)
        .enumerate()
        .for_each(|(row, taps)| {
            isa.run(MaxRow {
                shape: &shape,
                x,
                y,
                row,
                taps,
            })
        });
}

/// A row of outputs, numbered through the batch.
struct MaxRow<'a> {
    shape: &'a PoolShape,
    x: Source,
    y: Target,
    row: usize,
    taps: &'a mut [u8],
}

impl Kernel for MaxRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            shape,
            x,
            y,
            row,
            taps,
        } = self;
        let [vertical, horizontal] = shape.axes();
        let (image, oh) = (row / vertical.output, row % vertical.output);
        // Widest vector of any instruction set.
        let mut indices = [0.0f32; 16];
        for (ow, taps) in taps.chunks_exact_mut(shape.channels).enumerate() {
            let pixel = row * horizontal.output + ow;
            // SAFETY: the views were checked for the shape, the window is
            // clipped to the image, and tasks own their rows of `y`.
            each_vector!(S, shape.channels, |c, n| {
                unsafe {
                    let mut best = simd.splat(f32::NEG_INFINITY);
                    let mut argument = simd.zero();
                    let mut first = true;
                    for (kh, ih) in vertical.clipped(oh) {
                        let start = (image * vertical.input + ih) * horizontal.input;
                        for (kw, iw) in horizontal.clipped(ow) {
                            let value = simd.load_upto(x.at(start + iw).add(c), n);
                            let tap = simd.splat((kh * horizontal.kernel + kw) as f32);
                            if first {
                                (best, argument, first) = (value, tap, false);
                            } else {
                                argument = simd.select_greater(value, best, tap, argument);
                                best = simd.select_greater(value, best, value, best);
                            }
                        }
                    }
                    simd.store_upto(y.at(pixel).add(c), best, n);
                    simd.store(indices.as_mut_ptr(), argument);
                    for (tap, index) in taps[c..c + n].iter_mut().zip(&indices) {
                        *tap = *index as u8;
                    }
                }
            });
        }
    }
}

/// `dx`, to which every `dy` is passed at the tap that attained its maximum.
///
/// # Panics
/// If the shape is invalid or a buffer is too short.
pub fn max_pool_backward(isa: Isa, shape: &PoolShape, dy: View, taps: &[u8], mut dx: ViewMut) {
    let shape = shape.check().expect("valid pooling shape");
    let conv = shape.as_convolution();
    let channels = shape.channels;
    let dy = dy.source(conv.out_pixels(), channels);
    let dx = dx.target(conv.in_pixels(), channels);
    assert_eq!(taps.len(), conv.out_pixels() * channels, "taps per output");
    (0..shape.batch * shape.in_height)
        .into_par_iter()
        .for_each(|row| {
            isa.run(MaxGradientRow {
                shape: &shape,
                dy,
                taps,
                dx,
                row,
            })
        });
}

/// A row of the input gradient, numbered through the batch, which gathers from
/// the windows that cover it.
struct MaxGradientRow<'a> {
    shape: &'a PoolShape,
    dy: Source,
    taps: &'a [u8],
    dx: Target,
    row: usize,
}

impl Kernel for MaxGradientRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self {
            shape,
            dy,
            taps,
            dx,
            row,
        } = self;
        let [vertical, horizontal] = shape.axes();
        let channels = shape.channels;
        let (image, ih) = (row / vertical.input, row % vertical.input);
        for iw in 0..horizontal.input {
            // SAFETY: the view was checked for the shape; tasks own their rows.
            let out = unsafe {
                let pixel = dx.at(row * horizontal.input + iw);
                std::slice::from_raw_parts_mut(pixel, channels)
            };
            out.fill(0.0);
            for (kh, oh) in vertical.covering(ih) {
                for (kw, ow) in horizontal.covering(iw) {
                    let pixel = (image * vertical.output + oh) * horizontal.output + ow;
                    let tap = (kh * horizontal.kernel + kw) as u8;
                    // SAFETY: the view was checked for the shape.
                    let dy = unsafe { std::slice::from_raw_parts(dy.at(pixel), channels) };
                    let taps = &taps[pixel * channels..][..channels];
                    for ((out, dy), winner) in out.iter_mut().zip(dy).zip(taps) {
                        *out += if *winner == tap { *dy } else { 0.0 };
                    }
                }
            }
        }
    }
}
