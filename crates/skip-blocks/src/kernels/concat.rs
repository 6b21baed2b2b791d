//! Concatenation along the channels.

use burn::tensor::Tensor;
use cpu_kernels::{Epilogue, Isa, apply_epilogue, fresh};

use super::activation::{Activation, activation};
use super::operands::Operands;

/// `[x, y]`: the channels of both side by side.
pub(crate) fn concat<const D: usize>(x: &Tensor<D>, y: &Tensor<D>) -> Option<Tensor<D>> {
    if D != 4 {
        return None;
    }
    let operands = Operands::of(x.clone())?.and(y.clone())?;
    let [x, y] = [0, 1].map(|index| Activation::new(operands.tensors()[index].clone()));
    let channels = [x.channels, y.channels];
    let [batch, _, height, width] = x.dims();
    if y.dims() != [batch, y.channels, height, width] {
        return None;
    }
    let total = x.channels + y.channels;
    let copy = Epilogue::default();
    let both = fresh(x.pixels(), total, |both| {
        for (part, first) in [(&x, 0), (&y, x.channels)] {
            apply_epilogue(
                Isa::detect(),
                part.pixels(),
                part.channels,
                part.view(),
                &copy,
                both.slice(first),
            );
        }
    });
    let both = activation(both, [batch, total, height, width]);
    Some(operands.record(
        both,
        || channels,
        |[x, y], dy, _| {
            let dy = Activation::new(dy);
            vec![Some(dy.channels_from(0, x)), Some(dy.channels_from(x, y))]
        },
    ))
}
