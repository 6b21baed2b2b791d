//! What is done to each value on its own: scaling, addition and activation.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{Act, Epilogue, Isa, act_backward, act_forward, apply_epilogue, fresh};

use super::activation::{Activation, activation};
use super::operands::Operands;
use crate::layers::act::Act as AnyAct;

/// An activation as the kernels have it; none where its slope is not one of theirs.
fn kernel_of(act: AnyAct) -> Option<Act> {
    match act {
        AnyAct::None => Some(Act::None),
        AnyAct::Relu => Some(Act::Relu),
        AnyAct::LeakyRelu(slope) => {
            (slope > 0.0 && slope.is_finite()).then_some(Act::LeakyRelu(slope as f32))
        }
        AnyAct::Gelu => Some(Act::Gelu),
        AnyAct::Silu => Some(Act::Silu),
        AnyAct::Sigmoid => Some(Act::Sigmoid),
    }
}

/// One that goes along with another operation, whose result tells its derivative.
pub(super) fn along(act: AnyAct) -> Option<Act> {
    kernel_of(act).filter(|_| act.goes_along())
}

/// `act(x)`
pub(crate) fn act<const D: usize>(x: &Tensor<D>, act: AnyAct) -> Option<Tensor<D>> {
    if D != 4 {
        return None;
    }
    let act = kernel_of(act)?;
    let operands = Operands::of(x.clone())?;
    let x = Activation::new(operands.tensors()[0].clone());
    let y = fresh(x.pixels(), x.channels, |y| {
        act_forward(
            Isa::detect(),
            x.pixels(),
            x.channels,
            act,
            x.view(),
            y.view(),
        );
    });
    let y = activation(y, x.dims());
    let state = || match act.derivative_from_result() {
        true => (act, Activation::new(y.clone())),
        false => (act, x),
    };
    Some(operands.record(y.clone(), state, |(act, kept), dy, _| {
        vec![Some(back(act, &kept, &Activation::new(dy)))]
    }))
}

/// `act(x + y)`
pub(crate) fn add<const D: usize>(x: &Tensor<D>, y: &Tensor<D>, act: AnyAct) -> Option<Tensor<D>> {
    if D != 4 || x.dims() != y.dims() {
        return None;
    }
    let act = along(act)?;
    let operands = Operands::of(x.clone())?.and(y.clone())?;
    let [x, y] = [0, 1].map(|index| Activation::new(operands.tensors()[index].clone()));
    let sum = plus(&x, &y, act);
    let state = || kept(act, &sum);
    Some(operands.record(sum.clone(), state, |kept, dy, _| {
        let dy = through(kept, dy);
        vec![Some(dy.clone()), Some(dy)]
    }))
}

/// `act(x + y)`
pub(super) fn plus(x: &Activation, y: &Activation, act: Act) -> FlexTensor {
    let epilogue = Epilogue {
        residual: Some(y.view()),
        act,
        ..Epilogue::default()
    };
    applied(x, &epilogue)
}

/// `x`, scaled and the rest as `epilogue` says.
pub(super) fn applied(x: &Activation, epilogue: &Epilogue) -> FlexTensor {
    let (isa, pixels, channels) = (Isa::detect(), x.pixels(), x.channels);
    let y = fresh(pixels, channels, |y| {
        apply_epilogue(isa, pixels, channels, x.view(), epilogue, y.view());
    });
    activation(y, x.dims())
}

/// What is kept to go back through an activation that went along: its result.
pub(super) type Kept = Option<(Act, FlexTensor)>;

pub(super) fn kept(act: Act, y: &FlexTensor) -> Kept {
    (act != Act::None).then(|| (act, y.clone()))
}

/// The derivative before the activation.
pub(super) fn through(kept: Kept, dy: FlexTensor) -> FlexTensor {
    match kept {
        Some((act, y)) => back(act, &Activation::new(y), &Activation::new(dy)),
        None => dy,
    }
}

fn back(act: Act, kept: &Activation, dy: &Activation) -> FlexTensor {
    let (isa, pixels, channels) = (Isa::detect(), kept.pixels(), kept.channels);
    let dx = fresh(pixels, channels, |dx| {
        act_backward(
            isa,
            pixels,
            channels,
            act,
            kept.view(),
            dy.view(),
            dx.view(),
        );
    });
    activation(dx, kept.dims())
}
