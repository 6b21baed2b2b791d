//! Convolution, with what follows it done as its result is written.

use burn::backend::flex::FlexTensor;
use burn::nn::conv::Conv2d;
use burn::nn::{BatchNorm, PaddingConfig2d};
use burn::tensor::Tensor;
use cpu_kernels::{
    ConvShape, Epilogue, Isa, Moments, PackedFilter, channel_sums, conv2d_backward_data,
    conv2d_backward_weight, conv2d_forward, conv2d_forward_onto, fresh,
};

use super::activation::{Activation, activation, contiguous, floats};
use super::elementwise::{Kept, along, applied, kept, through};
use super::norm::{Gradients, Normalized, Statistics, update_running};
use super::operands::Operands;
use super::packed::{Direction, filter_of, pack};
use crate::layers::end::End;

/// `end(conv(x))`
///
/// The map that is added is taken out of the end. The result is written over it, where nobody else
/// has its memory.
pub(crate) fn conv(x: &Tensor<4>, layer: &Conv2d, end: &mut End) -> Option<Tensor<4>> {
    let act = along(end.act)?;
    let bias = layer.bias.as_ref().map(|bias| bias.val());
    let shape = shape_of(x.dims(), layer)?;
    let mut operands = Operands::of(x.clone())?
        .and(layer.weight.val())?
        .and_some(bias)?
        .and_some(end.add.clone())?;
    let add = end.add.take().map(|_| Activation::new(operands.pop()));
    let x = Activation::new(operands.tensors()[0].clone());
    let weight = operands.tensors()[1].clone();
    let has_bias = layer.bias.is_some();
    let bias = has_bias.then(|| floats(&operands.tensors()[2]));
    let epilogue = Epilogue {
        bias: bias.as_deref(),
        act,
        ..Epilogue::default()
    };
    let filter = filter_of(&weight, &shape, Direction::Forward, operands.autodiff);
    let y = forward_with(&shape, &x, &filter, &epilogue, add);
    let state = || ConvState {
        path: ConvPath { x, weight, shape },
        kept: kept(act, &y),
        has_bias,
    };
    Some(operands.record(y.clone(), state, conv_rule))
}

/// `end(norm(conv(x)))`
///
/// In training the statistics are gathered as the convolution writes. In evaluation the
/// normalisation is a scale and a bias for each channel, applied as the convolution writes: over the
/// map that is added, as in [`conv`].
pub(crate) fn conv_norm(
    x: &Tensor<4>,
    layer: &Conv2d,
    norm: &BatchNorm,
    end: &mut End,
) -> Option<Tensor<4>> {
    let act = along(end.act)?;
    if layer.bias.is_some() {
        return None;
    }
    let shape = shape_of(x.dims(), layer)?;
    let mut operands = Operands::of(x.clone())?
        .and(layer.weight.val())?
        .and(norm.gamma.val())?
        .and(norm.beta.val())?
        .and_some(end.add.clone())?;
    let add = end.add.take().map(|_| Activation::new(operands.pop()));
    let tensors = operands.tensors();
    let x = Activation::new(tensors[0].clone());
    let weight = tensors[1].clone();
    let (gamma, beta) = (floats(&tensors[2]), floats(&tensors[3]));
    let filter = filter_of(&weight, &shape, Direction::Forward, operands.autodiff);

    if !operands.autodiff {
        let (scale, bias) = Statistics::running(norm)?.scale(&gamma, &beta);
        let epilogue = Epilogue {
            scale: Some(&scale),
            bias: Some(&bias),
            act,
            ..Epilogue::default()
        };
        let y = forward_with(&shape, &x, &filter, &epilogue, add);
        return Some(operands.record(y, || (), |(), _, _| vec![]));
    }

    let convolved = |moments| forward(&shape, &x, &filter, &Epilogue::default(), moments);
    let frozen = !norm.training.is_enabled();
    let (z, statistics) = if frozen {
        (convolved(None), Statistics::running(norm)?)
    } else {
        let mut statistics = Statistics::zeros(shape.out_channels);
        let z = convolved(Some(statistics.moments()));
        update_running(norm, &statistics, shape.out_pixels());
        (z, statistics.with_epsilon(norm.epsilon))
    };
    let z = Activation::new(z);
    let (scale, bias) = statistics.scale(&gamma, &beta);
    let epilogue = Epilogue {
        scale: Some(&scale),
        bias: Some(&bias),
        residual: add.as_ref().map(Activation::view),
        act,
    };
    let y = applied(&z, &epilogue);
    let state = || NormState {
        path: ConvPath { x, weight, shape },
        norm: Normalized {
            x: z,
            kept: kept(act, &y),
            gamma,
            statistics,
            frozen,
        },
    };
    Some(operands.record(y.clone(), state, conv_norm_rule))
}

/// What a convolution's derivatives are made of.
struct ConvPath {
    x: Activation,
    weight: FlexTensor,
    shape: ConvShape,
}

struct ConvState {
    path: ConvPath,
    kept: Kept,
    has_bias: bool,
}

struct NormState {
    path: ConvPath,
    norm: Normalized,
}

fn conv_rule(state: ConvState, dy: FlexTensor, wanted: &[bool]) -> Vec<Option<FlexTensor>> {
    let dz = Activation::new(through(state.kept, dy));
    let [dx, dw] = state.path.gradients(&dz, [wanted[0], wanted[1]]);
    let mut gradients = vec![dx, dw];
    if state.has_bias {
        gradients.push(wanted[2].then(|| bias_gradient(&dz)));
    }
    gradients.push(Some(dz.into_tensor()));
    gradients
}

fn conv_norm_rule(state: NormState, dy: FlexTensor, wanted: &[bool]) -> Vec<Option<FlexTensor>> {
    let dy = Activation::new(dy);
    let has_act = state.norm.kept.is_some();
    // What flows to the shortcut has only passed the activation.
    let to_shortcut = wanted.get(4).copied().unwrap_or(false);
    let Gradients {
        dx: dz,
        dgamma,
        dbeta,
        dy: dshortcut,
    } = state.norm.gradients(&dy, to_shortcut && has_act);
    let dz = Activation::new(dz);
    let [dx, dw] = state.path.gradients(&dz, [wanted[0], wanted[1]]);
    let dshortcut = match has_act {
        true => dshortcut,
        false => Some(dy.into_tensor()),
    };
    vec![dx, dw, Some(dgamma), Some(dbeta), dshortcut]
}

impl ConvPath {
    /// The derivatives of the input and of the weights.
    fn gradients(&self, dz: &Activation, wanted: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let Self { x, weight, shape } = self;
        let dx = wanted[0].then(|| {
            let filter = pack(weight, shape, Direction::BackwardData);
            backward_data(shape, dz, &filter, &Epilogue::default())
        });
        let dw = wanted[1].then(|| backward_weight(shape, x, dz));
        [dx, dw]
    }
}

/// The shape of a layer's convolution of `[batch, channels, height, width]`; `None` where the
/// image is too small or the channels do not fit, which Burn then says, and where the padding
/// depends on the image.
fn shape_of([batch, channels, height, width]: [usize; 4], layer: &Conv2d) -> Option<ConvShape> {
    let [out_channels, in_channels, ..] = layer.weight.dims();
    let padding = match layer.padding {
        PaddingConfig2d::Valid => [[0; 2]; 2],
        PaddingConfig2d::Explicit(top, left, bottom, right) => [[top, bottom], [left, right]],
        PaddingConfig2d::Same => return None,
    };
    let shape = ConvShape {
        batch,
        in_channels: channels,
        in_height: height,
        in_width: width,
        out_channels,
        kernel: layer.kernel_size,
        stride: layer.stride,
        padding,
        dilation: layer.dilation,
        groups: layer.groups,
    };
    (channels == in_channels * layer.groups)
        .then(|| shape.check().ok())
        .flatten()
}

pub(super) fn forward(
    shape: &ConvShape,
    x: &Activation,
    filter: &PackedFilter,
    epilogue: &Epilogue,
    moments: Option<Moments>,
) -> FlexTensor {
    let dims = [
        shape.batch,
        shape.out_channels,
        shape.out_height(),
        shape.out_width(),
    ];
    let y = fresh(shape.out_pixels(), shape.out_channels, |y| {
        conv2d_forward(shape, x.view(), filter, epilogue, y.view(), moments);
    });
    activation(y, dims)
}

/// [`forward`] with a map that may be added. The result is written over it, where nobody else has its
/// memory and no other sums are written there before.
fn forward_with(
    shape: &ConvShape,
    x: &Activation,
    filter: &PackedFilter,
    epilogue: &Epilogue,
    add: Option<Activation>,
) -> FlexTensor {
    let Some(mut map) = add else {
        return forward(shape, x, filter, epilogue, None);
    };
    if filter.writes_once()
        && let Some(y) = map.view_mut()
    {
        conv2d_forward_onto(shape, x.view(), filter, epilogue, y);
        return map.into_tensor();
    }
    let residual = Some(map.view());
    let epilogue = Epilogue {
        residual,
        ..*epilogue
    };
    forward(shape, x, filter, &epilogue, None)
}

pub(super) fn backward_data(
    shape: &ConvShape,
    dy: &Activation,
    filter: &PackedFilter,
    epilogue: &Epilogue,
) -> FlexTensor {
    let dims = [
        shape.batch,
        shape.in_channels,
        shape.in_height,
        shape.in_width,
    ];
    let dx = fresh(shape.in_pixels(), shape.in_channels, |dx| {
        conv2d_backward_data(shape, dy.view(), filter, epilogue, dx.view());
    });
    activation(dx, dims)
}

pub(super) fn backward_weight(shape: &ConvShape, x: &Activation, dy: &Activation) -> FlexTensor {
    let mut dw = vec![0.0; shape.weights()];
    conv2d_backward_weight(Isa::detect(), shape, x.view(), dy.view(), &mut dw);
    let [height, width] = shape.kernel;
    let in_channels = shape.in_channels / shape.groups;
    contiguous(dw, [shape.out_channels, in_channels, height, width])
}

pub(super) fn bias_gradient(dy: &Activation) -> FlexTensor {
    let mut sums = vec![0.0; dy.channels];
    channel_sums(Isa::detect(), dy.pixels(), dy.view(), &mut sums);
    contiguous(sums, [dy.channels])
}
