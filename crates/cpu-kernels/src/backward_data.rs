//! The gradient with respect to the input.

use crate::act::Act;
use crate::act_pass;
use crate::correlation::{Correlation, Placement};
use crate::epilogue::Epilogue;
use crate::pack::{PackedFilter, phases};
use crate::roles::Direction;
use crate::shape::ConvShape;
use crate::view::{View, ViewMut};

/// `dx = epilogue(conv_transpose(dy, w))`, the gradient of
/// [`conv2d_forward`](crate::conv2d_forward) with respect to its input and,
/// read as a forward pass, the transposed convolution.
///
/// `dy` is `[batch, out_height, out_width, out_channels]`, `dx` is
/// `[batch, in_height, in_width, in_channels]`; `filter` holds the weights
/// packed by [`PackedFilter::backward_data`]. A residual in the epilogue adds a
/// gradient that arrives on another path. All of `dx` is written.
///
/// A stride of `s` splits `dx` into `s * s` phases, each of which is a
/// stride-one correlation of `dy` with its share of the taps, so no product
/// with an inserted zero is formed.
///
/// # Panics
/// If the shape is invalid, the filter was packed for another one, or a view
/// or a per-channel slice is too short.
pub fn conv2d_backward_data(
    shape: &ConvShape,
    dy: View,
    filter: &PackedFilter,
    epilogue: &Epilogue,
    mut dx: ViewMut,
) {
    let shape = shape.check().expect("valid convolution shape");
    filter.check(&shape, Direction::BackwardData);
    epilogue.check(shape.in_channels);
    let input = dy.source(shape.out_pixels(), shape.out_channels);
    let output = dx.target(shape.in_pixels(), shape.in_channels);
    let residual = epilogue
        .residual
        .map(|view| view.source(shape.in_pixels(), shape.in_channels));
    let (groups, outputs, inputs) = shape.engine_groups();
    for (index, [vertical, horizontal]) in phases(&shape).into_iter().enumerate() {
        let placement = |pixel: usize| Placement {
            first: (vertical.first * shape.in_width + horizontal.first) * pixel,
            image: shape.in_height * shape.in_width * pixel,
            row: vertical.step * shape.in_width * pixel,
            pixel: horizontal.step * pixel,
        };
        let correlation = Correlation {
            batch: shape.batch,
            axes: [vertical.axis, horizontal.axis],
            groups,
            depthwise: shape.is_depthwise(),
            inputs,
            outputs,
            filter: filter.part(index),
            input,
            output,
            placement: placement(output.pixel_stride),
            scale: epilogue.scale,
            bias: epilogue.bias,
            residual: residual.map(|source| (source, placement(source.pixel_stride))),
            relu: epilogue.act == Act::Relu,
        };
        // SAFETY: the views were checked against the shape just now, and the
        // output is borrowed exclusively.
        unsafe { filter.algorithm().run(filter.isa(), &correlation, None) };
    }
    let pixels = shape.in_pixels();
    act_pass::finish(
        filter.isa(),
        pixels,
        shape.in_channels,
        epilogue.act,
        output,
    );
}
