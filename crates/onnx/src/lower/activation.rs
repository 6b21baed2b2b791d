//! Activations.

use burn::backend::ir::ActivationOperationIr;

use super::numeric::number;
use super::{Lowered, Lowering, Refusal};
use crate::attribute::{float, int};

impl Lowering<'_> {
    pub(super) fn activation(&mut self, operation: &ActivationOperationIr) -> Lowered {
        Ok(match operation {
            ActivationOperationIr::Relu(op) => self.unary("Relu", &op.input),
            ActivationOperationIr::Sigmoid(op) => self.unary("Sigmoid", &op.input),
            ActivationOperationIr::LeakyRelu(op) => {
                let input = self.value(&op.lhs);
                let slope = float("alpha", number(op.rhs) as f32);
                self.graph.node("LeakyRelu", &[&input], [slope])
            }
            ActivationOperationIr::Softmax(op) => {
                let input = self.value(&op.input);
                let axis = int("axis", op.axis as i64);
                self.graph.node("Softmax", &[&input], [axis])
            }
            _ => return Err(Refusal::Unsupported),
        })
    }
}
