//! Separable linear resampling: average pooling, blurring and upsampling.
//!
//! Each axis maps `input` positions to `output` positions by a sparse matrix,
//! and `y[n, oh, ow, c] = sum_{ih, iw} a[oh, ih] b[ow, iw] x[n, ih, iw, c]`.
//! The gradient is the same operation with both matrices transposed.

use crate::axis::Axis;
use crate::isa::{Isa, Kernel};
use crate::simd::{Simd, each_vector};
use crate::view::{Source, Target, View, ViewMut};
use rayon::prelude::*;

/// A linear map of images that treats rows, columns and channels separately.
#[derive(Clone, Debug)]
pub struct Resampling {
    vertical: Weights,
    horizontal: Weights,
}

/// A sparse matrix `[output, input]`.
#[derive(Clone, Debug)]
struct Weights {
    input: usize,
    /// For every output, the inputs it reads and their weights.
    rows: Vec<Vec<(usize, f32)>>,
}

/// What of an image and of its interpolation meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    /// The edges: pixels are areas, with centres at half-integers.
    Edges,
    /// The centres of the pixels at the corners.
    Corners,
}

impl Grid {
    /// Where the centre of the output's pixel `o` lies among the input's.
    fn position(self, o: usize, input: usize, output: usize) -> f32 {
        match self {
            Self::Edges => {
                let scale = input as f32 / output as f32;
                ((o as f32 + 0.5) * scale - 0.5).max(0.0)
            }
            Self::Corners if output > 1 => o as f32 * ((input - 1) as f32 / (output - 1) as f32),
            Self::Corners => 0.0,
        }
    }
}

impl Resampling {
    /// Average pooling. Where `count_padding` is false, windows that reach into
    /// the padding average over the pixels inside the image only.
    ///
    /// # Panics
    /// If the window is empty or exceeds the padded input.
    pub fn average_pool(
        [height, width]: [usize; 2],
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [[usize; 2]; 2],
        count_padding: bool,
    ) -> Self {
        let axis = |input: usize, i: usize| {
            let padded = input + padding[i][0] + padding[i][1];
            assert!(
                kernel[i] > 0 && kernel[i] <= padded && stride[i] > 0,
                "valid window"
            );
            let axis = Axis {
                input,
                output: (padded - kernel[i]) / stride[i] + 1,
                kernel: kernel[i],
                stride: stride[i],
                dilation: 1,
                pad: padding[i][0] as isize,
            };
            Weights::new(input, axis.output, |o| {
                let count = if count_padding {
                    kernel[i]
                } else {
                    axis.clipped(o).count()
                };
                axis.clipped(o)
                    .map(|(_, i)| (i, 1.0 / count as f32))
                    .collect()
            })
        };
        Self {
            vertical: axis(height, 0),
            horizontal: axis(width, 1),
        }
    }

    /// The mean of every channel over the image.
    pub fn global_average(size: [usize; 2]) -> Self {
        Self::average_pool(size, size, [1; 2], [[0; 2]; 2], true)
    }

    /// Blurs by the binomial weights 1/4, 1/2, 1/4 along both axes, and takes every `stride`-th
    /// pixel. The image is mirrored at its edges, about its outermost pixels.
    pub fn blur(size: [usize; 2], stride: usize) -> Self {
        let axis = |input: usize| {
            let last = input - 1;
            Weights::new(input, input.div_ceil(stride), |o| {
                let middle = o * stride;
                let before = if middle == 0 { 1.min(last) } else { middle - 1 };
                let after = if middle == last {
                    last.saturating_sub(1)
                } else {
                    middle + 1
                };
                vec![(before, 0.25), (middle, 0.5), (after, 0.25)]
            })
        };
        Self {
            vertical: axis(size[0]),
            horizontal: axis(size[1]),
        }
    }

    /// The nearest pixel's value at each place of an image of another size.
    ///
    /// # Panics
    /// If there is no pixel to take.
    pub fn nearest(from: [usize; 2], to: [usize; 2]) -> Self {
        let axis = |i: usize| {
            assert!(from[i] > 0 || to[i] == 0, "a pixel to take");
            Weights::new(from[i], to[i], |o| vec![(o * from[i] / to[i], 1.0)])
        };
        Self {
            vertical: axis(0),
            horizontal: axis(1),
        }
    }

    /// Bilinear interpolation to another size, the border repeated.
    ///
    /// # Panics
    /// If there is no pixel to take.
    pub fn bilinear(from: [usize; 2], to: [usize; 2], grid: Grid) -> Self {
        let axis = |i: usize| {
            let (input, output) = (from[i], to[i]);
            assert!(input > 0 || output == 0, "a pixel to take");
            Weights::new(input, output, |o| {
                let position = grid.position(o, input, output);
                let low = (position as usize).min(input - 1);
                let high = (low + 1).min(input - 1);
                let fraction = position - low as f32;
                if low == high || fraction == 0.0 {
                    vec![(low, 1.0)]
                } else {
                    vec![(low, 1.0 - fraction), (high, fraction)]
                }
            })
        };
        Self {
            vertical: axis(0),
            horizontal: axis(1),
        }
    }

    /// The transposed map, which takes output gradients to input gradients.
    pub fn transposed(&self) -> Self {
        Self {
            vertical: self.vertical.transposed(),
            horizontal: self.horizontal.transposed(),
        }
    }

    /// The maps of the rows and of the columns as dense matrices `[output, input]`, a row after the
    /// other: `y = vertical x horizontal^T` for each channel's image.
    pub fn matrices(&self) -> [Vec<f32>; 2] {
        [&self.vertical, &self.horizontal].map(Weights::dense)
    }

    /// Height and width of the result.
    pub fn output_size(&self) -> [usize; 2] {
        [self.vertical.rows.len(), self.horizontal.rows.len()]
    }

    /// Maps every image of `x`, `[batch, height, width, channels]`.
    ///
    /// # Panics
    /// If a view is too short.
    pub fn apply(&self, isa: Isa, batch: usize, channels: usize, x: View, mut y: ViewMut) {
        let [height, width] = self.output_size();
        let x = x.source(
            batch * self.vertical.input * self.horizontal.input,
            channels,
        );
        let y = y.target(batch * height * width, channels);
        (0..batch * height).into_par_iter().for_each(|row| {
            isa.run(Row {
                map: self,
                channels,
                x,
                y,
                row,
            })
        });
    }
}

impl Weights {
    fn new(input: usize, output: usize, row: impl Fn(usize) -> Vec<(usize, f32)>) -> Self {
        Self {
            input,
            rows: (0..output).map(row).collect(),
        }
    }

    fn dense(&self) -> Vec<f32> {
        let mut dense = vec![0.0; self.rows.len() * self.input];
        for (row, weights) in dense.chunks_mut(self.input).zip(&self.rows) {
            for &(i, weight) in weights {
                row[i] += weight;
            }
        }
        dense
    }

    fn transposed(&self) -> Self {
        let mut rows = vec![Vec::new(); self.input];
        for (o, row) in self.rows.iter().enumerate() {
            for &(i, weight) in row {
                rows[i].push((o, weight));
            }
        }
        Self {
            input: self.rows.len(),
            rows,
        }
    }
}

/// A row of outputs, numbered through the batch.
struct Row<'a> {
    map: &'a Resampling,
    channels: usize,
    x: Source,
    y: Target,
    row: usize,
}

impl Kernel for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            map: Resampling {
                vertical,
                horizontal,
            },
            channels,
            x,
            y,
            row,
        } = self;
        let (image, oh) = (row / vertical.rows.len(), row % vertical.rows.len());
        for (ow, columns) in horizontal.rows.iter().enumerate() {
            let pixel = row * horizontal.rows.len() + ow;
            // SAFETY: the views were checked for the sizes of the map; tasks
            // own their rows of `y`.
            each_vector!(S, channels, |c, n| {
                unsafe {
                    let mut sum = simd.zero();
                    for &(ih, a) in &vertical.rows[oh] {
                        let start = (image * vertical.input + ih) * horizontal.input;
                        for &(iw, b) in columns {
                            let value = simd.load_upto(x.at(start + iw).add(c), n);
                            sum = simd.mul_add(simd.splat(a * b), value, sum);
                        }
                    }
                    simd.store_upto(y.at(pixel).add(c), sum, n);
                }
            });
        }
    }
}
