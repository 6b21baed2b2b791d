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
use crate::view::{Source, View, ViewMut};

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
    y: ViewMut,
    moments: Option<Moments>,
) {
    let shape = &shape.check().expect("valid convolution shape");
    let residual = epilogue
        .residual
        .map(|view| view.source(shape.out_pixels(), shape.out_channels));
    write(shape, x, filter, epilogue, residual, y, moments);
}

/// `y = act(conv(x, w) * scale + bias + y)`: [`conv2d_forward`] whose residual is what `y` holds.
///
/// # Panics
/// As there; if the epilogue has another residual, if `y` is a [`Fresh`](crate::Fresh) buffer, or if
/// the filter does not [write once](PackedFilter::writes_once).
pub fn conv2d_forward_onto(
    shape: &ConvShape,
    x: View,
    filter: &PackedFilter,
    epilogue: &Epilogue,
    mut y: ViewMut,
) {
    let shape = &shape.check().expect("valid convolution shape");
    assert!(epilogue.residual.is_none(), "the residual is the output's");
    assert!(y.holds_floats(), "a fresh buffer holds no residual");
    assert!(filter.writes_once(), "the residual would be written over");
    let residual = y.target(shape.out_pixels(), shape.out_channels).source();
    write(shape, x, filter, epilogue, Some(residual), y, None);
}

/// Writes all outputs. A residual may be what the output holds, if the filter writes once.
fn write(
    shape: &ConvShape,
    x: View,
    filter: &PackedFilter,
    epilogue: &Epilogue,
    residual: Option<Source>,
    mut y: ViewMut,
    moments: Option<Moments>,
) {
    filter.check(shape, Direction::Forward);
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
    let residual = residual.map(|source| (source, placement(source.pixel_stride)));
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
