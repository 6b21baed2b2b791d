//! What is done to each value on its own: scaling, addition and activation.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{Epilogue, Isa, apply_epilogue, fresh, relu_backward};

use super::activation::{Activation, activation};
use super::operands::Operands;
use crate::layers::act::Act;

/// Whether a ReLU is at the end; none where a kernel does not have the activation.
pub(super) fn relu_of(act: Act) -> Option<bool> {
    match act {
        Act::None => Some(false),
        Act::Relu => Some(true),
        _ => None,
    }
}

/// `act(x)`
pub(crate) fn act<const D: usize>(_: &Tensor<D>, _: Act) -> Option<Tensor<D>> {
    None
}

/// `act(x + y)`
pub(crate) fn add<const D: usize>(x: &Tensor<D>, y: &Tensor<D>, act: Act) -> Option<Tensor<D>> {
    if D != 4 || x.dims() != y.dims() {
        return None;
    }
    let relu = relu_of(act)?;
    let operands = Operands::of(x.clone())?.and(y.clone())?;
    let [x, y] = [0, 1].map(|index| Activation::new(operands.tensors()[index].clone()));
    let sum = plus(&x, &y, act);
    let state = || relu.then(|| sum.clone());
    Some(operands.record(sum.clone(), state, rule))
}

fn rule(sum: Option<FlexTensor>, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let dy = match sum {
        Some(sum) => through_relu(&Activation::new(sum), &Activation::new(dy)),
        None => dy,
    };
    vec![Some(dy.clone()), Some(dy)]
}

/// `act(x + y)`
pub(super) fn plus(x: &Activation, y: &Activation, act: Act) -> FlexTensor {
    let epilogue = Epilogue {
        residual: Some(y.view()),
        relu: act == Act::Relu,
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

/// `dy` where the ReLU's result `y` is positive.
pub(super) fn through_relu(y: &Activation, dy: &Activation) -> FlexTensor {
    let (isa, pixels, channels) = (Isa::detect(), y.pixels(), y.channels);
    let dx = fresh(pixels, channels, |dx| {
        relu_backward(isa, pixels, channels, y.view(), dy.view(), dx.view());
    });
    activation(dx, y.dims())
}
