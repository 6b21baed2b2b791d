//! A number that all values are multiplied with, and one that is added.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::Epilogue;

use super::activation::{Activation, contiguous, floats};
use super::elementwise::{Kept, along, applied, kept, through};
use super::operands::Operands;
use super::scale::scaled;
use super::sums::sums;
use crate::layers::act::Act as AnyAct;

/// `act(scale * x + shift)`
pub(crate) fn scale_shift<const D: usize>(
    x: &Tensor<D>,
    scale: Option<&Tensor<1>>,
    shift: Option<&Tensor<1>>,
    act: AnyAct,
) -> Option<Tensor<D>> {
    let act = along(act).filter(|_| D == 4)?;
    let operands = Operands::of(x.clone())?
        .and_some(scale.cloned())?
        .and_some(shift.cloned())?;
    let x = Activation::new(operands.tensors()[0].clone());
    let mut numbers = operands.tensors()[1..]
        .iter()
        .map(|number| floats(number)[0]);
    let scale = scale.and_then(|_| numbers.next());
    let shift = shift.and_then(|_| numbers.next());
    let [scales, shifts] = [scale, shift].map(|number| number.map(|of| vec![of; x.channels]));
    let epilogue = Epilogue {
        scale: scales.as_deref(),
        bias: shifts.as_deref(),
        residual: None,
        act,
    };
    let y = applied(&x, &epilogue);
    let state = || State {
        // Of no use for the shift.
        x: scale.map(|_| x),
        kept: kept(act, &y),
        scale,
        has_shift: shift.is_some(),
    };
    Some(operands.record(y.clone(), state, rule))
}

struct State {
    x: Option<Activation>,
    kept: Kept,
    scale: Option<f32>,
    has_shift: bool,
}

fn rule(state: State, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let State {
        x,
        kept,
        scale,
        has_shift,
    } = state;
    let dz = Activation::new(through(kept, dy));
    let x = x.as_ref().unwrap_or(&dz);
    let sums = sums(dz.pixels(), dz.channels, x.view(), dz.view());
    let number = |of_channels: &[f32]| {
        let sum: f64 = of_channels.iter().copied().map(f64::from).sum();
        Some(contiguous(vec![sum as f32], [1]))
    };
    let dscale = scale.map(|_| number(&sums.products));
    let dshift = has_shift.then(|| number(&sums.plain));
    let dx = match scale {
        Some(scale) => scaled(&dz, &vec![scale; dz.channels]),
        None => dz.into_tensor(),
    };
    [Some(dx)].into_iter().chain(dscale).chain(dshift).collect()
}
