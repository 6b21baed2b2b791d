//! Operations that move values.

use burn::backend::ir::{BaseOperationIr, ShapeOpIr, SliceOpIr};

use super::{Lowered, Lowering, Refusal};
use crate::attribute::{int, lengths};
use crate::dims::Dim;
use crate::network::is_whole;

impl Lowering<'_> {
    pub(super) fn base(&mut self, operation: &BaseOperationIr) -> Lowered {
        match operation {
            BaseOperationIr::Reshape(op) => self.reshape(op),
            BaseOperationIr::Expand(op) => self.expand(op),
            BaseOperationIr::Slice(op) => self.slice(op),
            BaseOperationIr::SwapDims(op) => {
                let mut order: Vec<_> = (0..op.input.shape.len()).collect();
                order.swap(op.dim1, op.dim2);
                let input = self.value(&op.input);
                Ok(self
                    .graph
                    .node("Transpose", &[&input], [lengths("perm", order)]))
            }
            BaseOperationIr::Permute(op) => {
                let input = self.value(&op.input);
                let order = lengths("perm", op.axes.iter().copied());
                Ok(self.graph.node("Transpose", &[&input], [order]))
            }
            BaseOperationIr::Cat(op) => {
                let inputs: Vec<_> = op.tensors.iter().map(|input| self.value(input)).collect();
                let inputs: Vec<_> = inputs.iter().map(String::as_str).collect();
                let axis = int("axis", op.dim as i64);
                Ok(self.graph.node("Concat", &inputs, [axis]))
            }
            BaseOperationIr::Ones(op) => self.filled(&op.out, 1.0),
            _ => Err(Refusal::Unsupported),
        }
    }

    fn reshape(&mut self, op: &ShapeOpIr) -> Lowered {
        let input = self.value(&op.input);
        let (from, to) = (self.dims(&op.input), self.dims(&op.out));
        if from == to {
            return Ok(input);
        }
        // The one length that is left open follows from the others.
        let open = |dim: &Dim| matches!(dim, Dim::PerImage(_));
        let shape = match to.iter().filter(|dim| open(dim)).count() {
            0 | 1 => {
                let length = |dim: &Dim| match *dim {
                    Dim::Fixed(length) => length as i64,
                    Dim::PerImage(_) => -1,
                };
                let lengths: Vec<_> = to.iter().map(length).collect();
                self.graph.integers(&lengths)
            }
            _ => self.shape(to),
        };
        Ok(self.graph.node("Reshape", &[&input, &shape], []))
    }

    fn expand(&mut self, op: &ShapeOpIr) -> Lowered {
        let input = self.value(&op.input);
        let (from, to) = (self.dims(&op.input), self.dims(&op.out));
        if from == to {
            return Ok(input);
        }
        // A length of 1 leaves the input's as it is.
        let added = to.len() - from.len();
        let kept = |place: usize| place >= added && from[place - added] == to[place];
        let lengths: Vec<_> = (0..to.len())
            .map(|place| {
                if kept(place) {
                    Dim::Fixed(1)
                } else {
                    to[place]
                }
            })
            .collect();
        let shape = self.shape(&lengths);
        Ok(self.graph.node("Expand", &[&input, &shape], []))
    }

    fn slice(&mut self, op: &SliceOpIr) -> Lowered {
        let input = self.value(&op.tensor);
        let cut: Vec<_> = (0..op.ranges.len())
            .filter(|&dim| !is_whole(op, dim))
            .collect();
        if cut.is_empty() {
            return Ok(input);
        }
        let dims = self.dims(&op.tensor);
        if cut.iter().any(|&dim| matches!(dims[dim], Dim::PerImage(_))) {
            return Err(Refusal::Batch("takes some of the images alone"));
        }
        let row = |values: Vec<i64>, to: &mut Self| to.graph.integers(&values);
        let of = |value: fn(&burn::tensor::Slice) -> i64| -> Vec<i64> {
            cut.iter().map(|&dim| value(&op.ranges[dim])).collect()
        };
        let starts = row(of(|range| range.start as i64), self);
        let ends = row(
            of(|range| range.end.map_or(i64::MAX, |end| end as i64)),
            self,
        );
        let axes = row(cut.iter().map(|&dim| dim as i64).collect(), self);
        let steps = row(of(|range| range.step as i64), self);
        if op.ranges.iter().any(|range| range.step < 0) {
            return Err(Refusal::Unsupported);
        }
        let inputs = [&*input, &*starts, &*ends, &*axes, &*steps];
        Ok(self.graph.node("Slice", &inputs, []))
    }
}
