//! One tensor on several paths.

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::Act;

use super::activation::Activation;
use super::elementwise::plus;
use super::operands::Operands;

/// The derivatives that came back after the first, which goes through the graph; `None` before it.
type Returned = Arc<Mutex<Option<Vec<FlexTensor>>>>;

/// `x` for each of so many paths.
///
/// Where paths meet again going back, Burn adds their derivatives by its own addition, which is
/// slow for channels side by side. So they are gathered here, and added by the kernels.
pub(crate) fn split<const D: usize>(x: &Tensor<D>, paths: usize) -> Option<Vec<Tensor<D>>> {
    if D != 4 {
        return None;
    }
    let operands = Operands::of(x.clone())?;
    if !operands.wants_any() {
        return None;
    }
    let returned = Returned::default();
    let value = operands.tensors()[0].clone();
    let trunk = operands.record::<D, _>(value, || returned.clone(), gather);
    let path = |_| {
        let operands = Operands::of(trunk.clone())?;
        let value = operands.tensors()[0].clone();
        Some(operands.record(value, || returned.clone(), give_back))
    };
    (0..paths).map(path).collect()
}

/// Where a path begins: its derivative goes back to the trunk.
fn give_back(returned: Returned, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let mut returned = returned.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *returned {
        None => {
            *returned = Some(vec![]);
            vec![Some(dy)]
        }
        Some(later) => {
            later.push(dy);
            vec![None]
        }
    }
}

/// The trunk: adds up what came back.
fn gather(returned: Returned, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let later = returned
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let sum = later.into_iter().flatten().fold(dy, |sum, dy| {
        plus(&Activation::new(sum), &Activation::new(dy), Act::None)
    });
    vec![Some(sum)]
}
