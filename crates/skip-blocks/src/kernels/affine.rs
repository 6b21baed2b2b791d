//! What a normalisation works on.

use burn::tensor::Tensor;

use super::activation::{Activation, floats};
use super::operands::Operands;

/// Activations, and the factor and the summand of each of their channels.
pub(super) struct Affine {
    pub operands: Operands,
    pub x: Activation,
    pub gamma: Vec<f32>,
    pub beta: Vec<f32>,
}

impl Affine {
    /// `None` where the kernels do not apply to them, or where there are not as many of each.
    pub fn of(x: &Tensor<4>, gamma: Tensor<1>, beta: Tensor<1>) -> Option<Self> {
        if x.dims()[1] != gamma.dims()[0] {
            return None;
        }
        let operands = Operands::of(x.clone())?.and(gamma)?.and(beta)?;
        let tensors = operands.tensors();
        Some(Self {
            x: Activation::new(tensors[0].clone()),
            gamma: floats(&tensors[1]),
            beta: floats(&tensors[2]),
            operands,
        })
    }
}
