//! The roles that the dimensions of the weights play.

use crate::shape::ConvShape;

/// What packed weights are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    BackwardData,
}

/// Strides of the weights `[c_out, c_in / groups, kh, kw]` in the roles they
/// play for one direction.
pub(crate) struct Roles {
    pub groups: usize,
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

impl Roles {
    pub fn new(shape: &ConvShape, direction: Direction) -> Self {
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
}
