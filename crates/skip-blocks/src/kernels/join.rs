//! Addition.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::Epilogue;

use super::activation::Activation;
use super::conv::{act, applied, through_relu};
use super::operands::Operands;

/// `x + y`, then a ReLU if `relu`.
pub(crate) fn add<const D: usize>(x: &Tensor<D>, y: &Tensor<D>, relu: bool) -> Option<Tensor<D>> {
    if D != 4 || x.dims() != y.dims() {
        return None;
    }
    let operands = Operands::of(x.clone())?.and(y.clone())?;
    let [x, y] = [0, 1].map(|index| Activation::new(operands.tensors()[index].clone()));
    let sum = plus(&x, &y, relu);
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

/// `x + y`, then a ReLU if `relu`.
pub(super) fn plus(x: &Activation, y: &Activation, relu: bool) -> FlexTensor {
    let epilogue = Epilogue {
        residual: Some(y.view()),
        act: act(relu),
        ..Epilogue::default()
    };
    applied(x, &epilogue)
}
