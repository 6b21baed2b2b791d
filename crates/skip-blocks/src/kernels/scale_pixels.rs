//! A factor for each pixel.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{Isa, ViewMut, fresh, scale_pixels_backward, scale_pixels_forward};

use super::activation::{Activation, activation};
use super::operands::Operands;

/// `s * x`, with `s` of one channel.
pub(crate) fn scale_pixels(x: &Tensor<4>, s: &Tensor<4>) -> Option<Tensor<4>> {
    let [batch, _, height, width] = x.dims();
    if s.dims() != [batch, 1, height, width] {
        return None;
    }
    let operands = Operands::of(x.clone())?.and(s.clone())?;
    let [x, s] = [0, 1].map(|index| Activation::new(operands.tensors()[index].clone()));
    let size = [x.pixels(), x.channels];
    let y = fresh(size[0], size[1], |y| {
        scale_pixels_forward(Isa::detect(), size, x.view(), s.view(), y.view());
    });
    let y = activation(y, x.dims());
    Some(operands.record(y, || (x, s), rule))
}

fn rule((x, s): (Activation, Activation), dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let dy = Activation::new(dy);
    let size = [x.pixels(), x.channels];
    let mut ds = vec![0.0; x.pixels()];
    let dx = fresh(size[0], size[1], |dx| {
        let ds = ViewMut::new(&mut ds, 1);
        let [x, s, dy] = [&x, &s, &dy].map(Activation::view);
        scale_pixels_backward(Isa::detect(), size, x, s, dy, dx.view(), ds);
    });
    vec![
        Some(activation(dx, x.dims())),
        Some(activation(ds, s.dims())),
    ]
}
