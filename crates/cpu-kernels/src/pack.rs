//! Weights in the order in which the kernels read them.

use crate::axis::Phase;
use crate::isa::Isa;
use crate::scratch::Floats;
use crate::shape::ConvShape;
use rayon::prelude::*;

/// The weights of a convolution, packed for one direction and one
/// instruction set.
///
/// Each part (the whole kernel, or one phase of a strided gradient) is laid out
/// `[group][block of outputs][tap][input channel][output in block]`, where a
/// block is two vectors of outputs; the last may be one vector. Outputs beyond
/// the last channel are zero. A depthwise kernel counts as one group of outputs
/// with a single input channel.
#[derive(Clone)]
pub struct PackedFilter {
    isa: Isa,
    shape: ConvShape,
    direction: Direction,
    parts: Vec<Part>,
    data: Floats,
}

/// What a [`PackedFilter`] computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    BackwardData,
}

/// The taps of one part, as indices `kh * kernel_width + kw`, and where its
/// weights start.
#[derive(Clone)]
struct Part {
    taps: Vec<usize>,
    start: usize,
    len: usize,
}

/// Strides of the weights `[c_out, c_in / groups, kh, kw]` in the roles they
/// play for one direction.
struct Roles {
    groups: usize,
    inputs: usize,
    outputs: usize,
    input_stride: usize,
    output_stride: usize,
}

/// Blocks of two vectors that `outputs` channels take.
pub(crate) fn blocks(outputs: usize, lanes: usize) -> usize {
    outputs.div_ceil(2 * lanes)
}

/// `outputs` rounded up to whole vectors.
pub(crate) fn padded(outputs: usize, lanes: usize) -> usize {
    outputs.next_multiple_of(lanes)
}

impl PackedFilter {
    /// Packs weights `[out_channels, in_channels / groups, kh, kw]` for
    /// [`conv2d_forward`](crate::conv2d_forward).
    ///
    /// # Panics
    /// If the shape is invalid or `weights` does not have its length.
    pub fn forward(isa: Isa, shape: &ConvShape, weights: &[f32]) -> Self {
        let taps = (0..shape.kernel[0] * shape.kernel[1]).collect();
        Self::new(isa, shape, Direction::Forward, vec![taps], weights)
    }

    /// Packs weights `[out_channels, in_channels / groups, kh, kw]` for
    /// [`conv2d_backward_data`](crate::conv2d_backward_data).
    ///
    /// # Panics
    /// If the shape is invalid or `weights` does not have its length.
    pub fn backward_data(isa: Isa, shape: &ConvShape, weights: &[f32]) -> Self {
        let taps = phases(shape)
            .iter()
            .map(|[vertical, horizontal]| {
                let row = |kh: usize| {
                    horizontal
                        .taps
                        .iter()
                        .map(move |kw| kh * shape.kernel[1] + kw)
                };
                vertical.taps.iter().flat_map(|&kh| row(kh)).collect()
            })
            .collect();
        Self::new(isa, shape, Direction::BackwardData, taps, weights)
    }

    fn new(
        isa: Isa,
        shape: &ConvShape,
        direction: Direction,
        taps: Vec<Vec<usize>>,
        weights: &[f32],
    ) -> Self {
        let shape = shape.check().expect("valid convolution shape");
        let mut filter = Self {
            isa,
            shape,
            direction,
            parts: Vec::new(),
            data: Floats::default(),
        };
        let per_tap = filter.floats_per_tap();
        let mut start = 0;
        for taps in taps {
            let len = taps.len() * per_tap;
            filter.parts.push(Part { taps, start, len });
            start += len;
        }
        filter.update(weights);
        filter
    }

    /// Packs new weights of the same shape, reusing the memory.
    ///
    /// # Panics
    /// If `weights` does not have the length of the shape.
    pub fn update(&mut self, weights: &[f32]) {
        assert_eq!(weights.len(), self.shape.weights(), "number of weights");
        let len = self.parts.iter().map(|part| part.len).sum();
        let data = self.data.at_least(len);
        let lanes = self.isa.lanes();
        let roles = Roles::new(&self.shape, self.direction);
        for part in self.parts.iter().filter(|part| part.len > 0) {
            let depth = part.taps.len() * roles.inputs;
            let group_len = depth * padded(roles.outputs, lanes);
            data[part.start..][..part.len]
                .par_chunks_mut(group_len)
                .zip(weights.par_chunks(weights.len() / roles.groups))
                .for_each(|(group, weights)| {
                    group
                        .par_chunks_mut(depth * 2 * lanes)
                        .enumerate()
                        .for_each(|(b, block)| {
                            roles.pack_block(block, depth, b * 2 * lanes, &part.taps, weights);
                        });
                });
        }
    }

    fn floats_per_tap(&self) -> usize {
        let roles = Roles::new(&self.shape, self.direction);
        roles.groups * roles.inputs * padded(roles.outputs, self.isa.lanes())
    }

    pub(crate) fn isa(&self) -> Isa {
        self.isa
    }

    /// The packed weights of one part.
    pub(crate) fn part(&self, index: usize) -> &[f32] {
        let part = &self.parts[index];
        &self.data.as_slice()[part.start..][..part.len]
    }

    /// # Panics
    /// If the filter was packed for another direction or other weights.
    pub(crate) fn check(&self, shape: &ConvShape, direction: Direction) {
        assert_eq!(
            self.direction, direction,
            "direction the filter was packed for"
        );
        // The batch is free, and so is the image: it does not enter the packing
        // unless it is smaller than the stride.
        let free = |s: &ConvShape| ConvShape {
            batch: 0,
            in_height: s.in_height.min(s.stride[0]),
            in_width: s.in_width.min(s.stride[1]),
            ..*s
        };
        assert_eq!(
            free(&self.shape),
            free(shape),
            "shape the filter was packed for"
        );
    }
}

/// The phases of the gradient with respect to the input, over both axes.
pub(crate) fn phases(shape: &ConvShape) -> Vec<[Phase; 2]> {
    let [vertical, horizontal] = shape.axes();
    let horizontal = horizontal.phases();
    vertical
        .phases()
        .iter()
        .flat_map(|v| horizontal.iter().map(|h| [v.clone(), h.clone()]))
        .collect()
}

impl Roles {
    fn new(shape: &ConvShape, direction: Direction) -> Self {
        let taps = shape.kernel[0] * shape.kernel[1];
        let (in_stride, out_stride) = (taps, taps * shape.group_in());
        let (groups, c_in, c_out) = (shape.groups, shape.group_in(), shape.group_out());
        if shape.is_depthwise() {
            let outputs = shape.out_channels;
            return Self {
                groups: 1,
                inputs: 1,
                outputs,
                input_stride: 0,
                output_stride: taps,
            };
        }
        match direction {
            Direction::Forward => Self {
                groups,
                inputs: c_in,
                outputs: c_out,
                input_stride: in_stride,
                output_stride: out_stride,
            },
            Direction::BackwardData => Self {
                groups,
                inputs: c_out,
                outputs: c_in,
                input_stride: out_stride,
                output_stride: in_stride,
            },
        }
    }

    /// Packs the outputs from `first` on into a block `[depth][width]`.
    fn pack_block(
        &self,
        block: &mut [f32],
        depth: usize,
        first: usize,
        taps: &[usize],
        weights: &[f32],
    ) {
        let width = block.len() / depth;
        let used = width.min(self.outputs - first);
        let mut rows = block.chunks_exact_mut(width);
        for &tap in taps {
            for input in 0..self.inputs {
                let Some(row) = rows.next() else { return };
                let start = first * self.output_stride + input * self.input_stride + tap;
                let (row, rest) = row.split_at_mut(used);
                for (lane, out) in row.iter_mut().enumerate() {
                    *out = weights[start + lane * self.output_stride];
                }
                rest.fill(0.0);
            }
        }
    }
}
