//! A factor for each channel.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::Epilogue;

use super::activation::{Activation, contiguous, floats};
use super::elementwise::applied;
use super::operands::Operands;
use super::sums::{Sums, sums};

/// `gamma * x`
pub(crate) fn scale_channels<const D: usize>(
    x: &Tensor<D>,
    gamma: &Tensor<1>,
) -> Option<Tensor<D>> {
    if D != 4 || x.dims()[1] != gamma.dims()[0] {
        return None;
    }
    let operands = Operands::of(x.clone())?.and(gamma.clone())?;
    let tensors = operands.tensors();
    let (x, gamma) = (Activation::new(tensors[0].clone()), floats(&tensors[1]));
    let y = scaled(&x, &gamma);
    let kept = operands.wants(1).then_some(x);
    Some(operands.record(y, || (kept, gamma), rule))
}

/// The input is kept where the factors learn.
fn rule(
    (kept, gamma): (Option<Activation>, Vec<f32>),
    dy: FlexTensor,
    _: &[bool],
) -> Vec<Option<FlexTensor>> {
    let dy = Activation::new(dy);
    let dgamma = kept.map(|x| {
        let Sums { products, .. } = sums(x.pixels(), x.channels, x.view(), dy.view());
        contiguous(products, [x.channels])
    });
    vec![Some(scaled(&dy, &gamma)), dgamma]
}

/// `gamma * x`
pub(super) fn scaled(x: &Activation, gamma: &[f32]) -> FlexTensor {
    let epilogue = Epilogue {
        scale: Some(gamma),
        ..Epilogue::default()
    };
    applied(x, &epilogue)
}
