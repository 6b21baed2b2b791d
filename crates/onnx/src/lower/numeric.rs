//! Arithmetic and reductions.

use burn::backend::ir::{
    NumericOperationIr, PadModeIr, PadOpIr, ReduceDimOpIr, ScalarIr, ScalarOpIr, TensorIr,
};

use super::{Lowered, Lowering, Refusal};
use crate::attribute::{int, text};
use crate::dims::Dim;

impl Lowering<'_> {
    pub(super) fn numeric(&mut self, operation: &NumericOperationIr) -> Lowered {
        Ok(match operation {
            NumericOperationIr::Add(op) => self.binary("Add", &op.lhs, &op.rhs),
            NumericOperationIr::AddScalar(op) => self.with_number("Add", op),
            NumericOperationIr::Sub(op) => self.binary("Sub", &op.lhs, &op.rhs),
            NumericOperationIr::SubScalar(op) => self.with_number("Sub", op),
            NumericOperationIr::Mul(op) => self.binary("Mul", &op.lhs, &op.rhs),
            NumericOperationIr::MulScalar(op) => self.with_number("Mul", op),
            NumericOperationIr::Div(op) => self.binary("Div", &op.lhs, &op.rhs),
            NumericOperationIr::DivScalar(op) => self.with_number("Div", op),
            NumericOperationIr::Neg(op) => self.unary("Neg", &op.input),
            NumericOperationIr::ClampMin(op) => self.with_number("Max", op),
            NumericOperationIr::MeanDim(op) => self.reduced("ReduceMean", op),
            NumericOperationIr::SumDim(op) => self.reduced("ReduceSum", op),
            NumericOperationIr::MaxDim(op) => self.reduced("ReduceMax", op),
            NumericOperationIr::Pad(op) => return self.padded(op),
            NumericOperationIr::Full(op) => return self.filled(&op.out, number(op.value)),
            _ => return Err(Refusal::Unsupported),
        })
    }

    fn with_number(&mut self, op_type: &str, op: &ScalarOpIr) -> String {
        let (input, number) = (self.value(&op.lhs), self.graph.number(number(op.rhs)));
        self.graph.node(op_type, &[&input, &number], [])
    }

    fn reduced(&mut self, op_type: &str, op: &ReduceDimOpIr) -> String {
        let (input, axes) = (
            self.value(&op.input),
            self.graph.integers(&[op.axis as i64]),
        );
        self.graph
            .node(op_type, &[&input, &axes], [int("keepdims", 1)])
    }

    fn padded(&mut self, op: &PadOpIr) -> Lowered {
        let PadModeIr::Constant(value) = op.mode else {
            return Err(Refusal::Unsupported);
        };
        let before = op.padding.iter().map(|&(before, _)| before as i64);
        let after = op.padding.iter().map(|&(_, after)| after as i64);
        let padding: Vec<_> = before.chain(after).collect();
        let (input, padding) = (self.value(&op.input), self.graph.integers(&padding));
        let value = self.graph.number(number(value));
        let mode = text("mode", "constant");
        Ok(self.graph.node("Pad", &[&input, &padding, &value], [mode]))
    }

    /// One value everywhere.
    pub(super) fn filled(&mut self, out: &TensorIr, value: f64) -> Lowered {
        let dims = self.dims(out);
        let ones = vec![1; dims.len()];
        let value = self.graph.constant(&ones, &[value as f32]);
        if dims.iter().all(|dim| *dim == Dim::Fixed(1)) {
            return Ok(value);
        }
        let shape = self.shape(dims);
        Ok(self.graph.node("Expand", &[&value, &shape], []))
    }
}

pub(super) fn number(scalar: ScalarIr) -> f64 {
    scalar.elem()
}
