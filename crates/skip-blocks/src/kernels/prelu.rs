//! The leaky ReLU whose slope is learned.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{Act, Epilogue, Isa, act_backward, act_forward, fresh};

use super::activation::{Activation, activation, contiguous, floats};
use super::elementwise::applied;
use super::operands::Operands;
use super::sums::sums;

/// `x` where it is positive, else `slope * x`. A slope that is not positive is left to Burn: the
/// kernels have none.
pub(crate) fn prelu(x: &Tensor<4>, slope: &Tensor<1>) -> Option<Tensor<4>> {
    let operands = Operands::of(x.clone())?.and(slope.clone())?;
    let slope = floats(&operands.tensors()[1])[0];
    if !(slope > 0.0 && slope.is_finite()) {
        return None;
    }
    let x = Activation::new(operands.tensors()[0].clone());
    let act = Act::LeakyRelu(slope);
    let (isa, pixels, channels) = (Isa::detect(), x.pixels(), x.channels);
    let y = fresh(pixels, channels, |y| {
        act_forward(isa, pixels, channels, act, x.view(), y.view());
    });
    let y = activation(y, x.dims());
    Some(operands.record(y, || (x, act), rule))
}

fn rule((x, act): (Activation, Act), dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let dy = Activation::new(dy);
    let (isa, pixels, channels) = (Isa::detect(), x.pixels(), x.channels);
    // The sign of the input is that of the result, by which the kernel goes.
    let dx = fresh(pixels, channels, |dx| {
        act_backward(isa, pixels, channels, act, x.view(), dy.view(), dx.view());
    });
    let minus_ones = vec![-1.0; channels];
    let opposite = Epilogue {
        scale: Some(&minus_ones),
        act: Act::Relu,
        ..Epilogue::default()
    };
    // What the slope was multiplied with, with the other sign.
    let negative = Activation::new(applied(&x, &opposite));
    let products = sums(pixels, channels, negative.view(), dy.view()).products;
    let sum: f64 = products.into_iter().map(f64::from).sum();
    vec![
        Some(activation(dx, x.dims())),
        Some(contiguous(vec![-sum as f32], [1])),
    ]
}
