//! Weights in the order in which the kernels read them.

use crate::algorithm::Algorithm;
use crate::axis::Phase;
use crate::isa::Isa;
use crate::scratch::Floats;
use crate::shape::ConvShape;
use crate::winograd;
use rayon::prelude::*;

/// The weights of a convolution, packed for one direction, one instruction set
/// and one [`Algorithm`]. That is chosen when they are packed, by the channels
/// and the image of the shape; any other batch and image may follow.
///
/// Winograd's transformed weights are described there. Of other weights each
/// part (the whole kernel, or one phase of a strided gradient) is laid out
/// `[group][block of outputs][tap][input channel][output in block]`, where a
/// block is two vectors of outputs; the last may be one vector. Outputs beyond
/// the last channel are zero. A depthwise kernel counts as one group of outputs
/// with a single input channel.
#[derive(Clone)]
pub struct PackedFilter {
    isa: Isa,
    shape: ConvShape,
    direction: Direction,
    algorithm: Algorithm,
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
pub(crate) struct Roles {
    groups: usize,
    pub inputs: usize,
    pub outputs: usize,
    pub input_stride: usize,
    pub output_stride: usize,
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
        Self::forward_by(Algorithm::of(shape), isa, shape, weights)
    }

    /// As [`PackedFilter::forward`], for a given algorithm.
    ///
    /// # Panics
    /// As there, or if the algorithm does not fit the shape.
    pub fn forward_by(algorithm: Algorithm, isa: Isa, shape: &ConvShape, weights: &[f32]) -> Self {
        let taps = (0..shape.kernel[0] * shape.kernel[1]).collect();
        Self::new(
            algorithm,
            isa,
            shape,
            Direction::Forward,
            vec![taps],
            weights,
        )
    }

    /// Packs weights `[out_channels, in_channels / groups, kh, kw]` for
    /// [`conv2d_backward_data`](crate::conv2d_backward_data).
    ///
    /// # Panics
    /// If the shape is invalid or `weights` does not have its length.
    pub fn backward_data(isa: Isa, shape: &ConvShape, weights: &[f32]) -> Self {
        Self::backward_data_by(Algorithm::of(shape), isa, shape, weights)
    }

    /// As [`PackedFilter::backward_data`], for a given algorithm.
    ///
    /// # Panics
    /// As there, or if the algorithm does not fit the shape.
    pub fn backward_data_by(
        algorithm: Algorithm,
        isa: Isa,
        shape: &ConvShape,
        weights: &[f32],
    ) -> Self {
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
        Self::new(
            algorithm,
            isa,
            shape,
            Direction::BackwardData,
            taps,
            weights,
        )
    }

    fn new(
        algorithm: Algorithm,
        isa: Isa,
        shape: &ConvShape,
        direction: Direction,
        taps: Vec<Vec<usize>>,
        weights: &[f32],
    ) -> Self {
        let shape = shape.check().expect("valid convolution shape");
        assert!(
            algorithm.fits(&shape),
            "{algorithm:?} does not do {shape:?}"
        );
        let mut filter = Self {
            isa,
            shape,
            direction,
            algorithm,
            parts: Vec::new(),
            data: Floats::default(),
        };
        let roles = Roles::new(&shape, direction);
        let mut start = 0;
        for taps in taps {
            let len = match algorithm {
                Algorithm::Direct => roles.len(taps.len(), isa.lanes()),
                Algorithm::Winograd => winograd::len(&roles, isa.lanes()),
            };
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
            let packed = &mut data[part.start..][..part.len];
            match self.algorithm {
                Algorithm::Direct => roles.pack(lanes, &part.taps, weights, packed),
                Algorithm::Winograd => {
                    winograd::pack(self.isa, &roles, &part.taps, weights, packed);
                }
            }
        }
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
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

    /// Floats of the packed weights of that many taps.
    fn len(&self, taps: usize, lanes: usize) -> usize {
        taps * self.groups * self.inputs * padded(self.outputs, lanes)
    }

    /// Packs the weights of the taps, group by group and block by block.
    fn pack(&self, lanes: usize, taps: &[usize], weights: &[f32], packed: &mut [f32]) {
        let depth = taps.len() * self.inputs;
        packed
            .par_chunks_mut(depth * padded(self.outputs, lanes))
            .zip(weights.par_chunks(weights.len() / self.groups))
            .for_each(|(group, weights)| {
                group
                    .par_chunks_mut(depth * 2 * lanes)
                    .enumerate()
                    .for_each(|(b, block)| {
                        self.pack_block(block, depth, b * 2 * lanes, taps, weights);
                    });
            });
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
