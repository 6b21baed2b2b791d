//! Max pooling.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{Isa, PoolShape, fresh, max_pool_backward, max_pool_forward};

use super::activation::{Activation, activation};
use super::operands::Operands;

/// The maximum of each `kernel` x `kernel` window, `stride` apart, with so much padding before
/// and after the rows, and the columns.
pub(crate) fn max_pool(
    x: &Tensor<4>,
    kernel: usize,
    stride: usize,
    padding: [[usize; 2]; 2],
) -> Option<Tensor<4>> {
    let [batch, channels, height, width] = x.dims();
    let shape = PoolShape {
        batch,
        channels,
        in_height: height,
        in_width: width,
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding,
    };
    let shape = shape.check().ok()?;
    let operands = Operands::of(x.clone())?;
    let x = Activation::new(operands.tensors()[0].clone());
    let dims = [batch, channels, shape.out_height(), shape.out_width()];
    let pixels = batch * shape.out_height() * shape.out_width();
    let mut taps = vec![0; pixels * channels];
    let y = fresh(pixels, channels, |y| {
        max_pool_forward(Isa::detect(), &shape, x.view(), y.view(), &mut taps);
    });
    let state = || State { shape, taps };
    Some(operands.record(activation(y, dims), state, rule))
}

struct State {
    shape: PoolShape,
    /// Which pixel of its window each maximum is.
    taps: Vec<u8>,
}

fn rule(state: State, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let State { shape, taps } = state;
    let dy = Activation::new(dy);
    let dims = [shape.batch, shape.channels, shape.in_height, shape.in_width];
    let pixels = shape.batch * shape.in_height * shape.in_width;
    let dx = fresh(pixels, shape.channels, |dx| {
        max_pool_backward(Isa::detect(), &shape, dy.view(), &taps, dx.view());
    });
    vec![Some(activation(dx, dims))]
}
