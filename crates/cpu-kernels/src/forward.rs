//! The forward pass.

use crate::act::Act;
use crate::act_pass;
use crate::correlation::{Correlation, Placement};
use crate::epilogue::Epilogue;
use crate::moments::Moments;
use crate::normalise::moments_of;
use crate::pack::PackedFilter;
use crate::roles::Direction;
use crate::shape::ConvShape;
use crate::view::{View, ViewMut};

/// `y = epilogue(conv(x, w))`, optionally with the moments of `y` per channel.
///
/// `x` is `[batch, in_height, in_width, in_channels]`, `y` is
/// `[batch, out_height, out_width, out_channels]`; `filter` holds the weights
/// packed by [`PackedFilter::forward`].
///
/// # Panics
/// If the shape is invalid, the filter was packed for another one, a view or a
/// per-channel slice is too short, or a slope is not positive.
pub fn conv2d_forward(
    shape: &ConvShape,
    x: View,
    filter: &PackedFilter,
    epilogue: &Epilogue,
    mut y: ViewMut,
    moments: Option<Moments>,
) {
    let shape = shape.check().expect("valid convolution shape");
    filter.check(&shape, Direction::Forward);
    epilogue.check(shape.out_channels);
    let axes = shape.axes();
    let [height, width] = axes.map(|axis| axis.output);
    let placement = |pixel: usize| Placement {
        first: 0,
        image: height * width * pixel,
        row: width * pixel,
        pixel,
    };
    let output = y.target(shape.out_pixels(), shape.out_channels);
    let residual = epilogue
        .residual
        .map(|view| view.source(shape.out_pixels(), shape.out_channels))
        .map(|source| (source, placement(source.pixel_stride)));
    let (groups, inputs, outputs) = shape.engine_groups();
    let correlation = Correlation {
        batch: shape.batch,
        axes,
        groups,
        depthwise: shape.is_depthwise(),
        inputs,
        outputs,
        filter: filter.part(0),
        input: x.source(shape.in_pixels(), shape.in_channels),
        output,
        placement: placement(output.pixel_stride),
        scale: epilogue.scale,
        bias: epilogue.bias,
        residual,
        relu: epilogue.act == Act::Relu,
    };
    let isa = filter.isa();
    // Moments are those of the finished result.
    let (early, late) = match epilogue.act.is_done_early() {
        true => (moments, None),
        false => (None, moments),
    };
    // SAFETY: the views were checked against the shape just now, and the
    // output is borrowed exclusively.
    unsafe { filter.algorithm().run(isa, &correlation, early) };
    act_pass::finish(
        isa,
        shape.out_pixels(),
        shape.out_channels,
        epilogue.act,
        output,
    );
    if let Some(moments) = late {
        moments_of(
            isa,
            shape.out_pixels(),
            shape.out_channels,
            output.source(),
            moments,
        );
    }
}
