//! Some channels added, the others side by side.

use burn::tensor::Tensor;
use cpu_kernels::{Epilogue, Isa, View, ViewMut, apply_epilogue, fresh};

use super::activation::{Activation, activation};
use super::operands::Operands;

/// `[skip + x, rest of skip, rest of x]`, of which the first part has `added` channels.
pub(crate) fn add_concat<const D: usize>(
    skip: &Tensor<D>,
    x: &Tensor<D>,
    added: usize,
) -> Option<Tensor<D>> {
    if D != 4 {
        return None;
    }
    let operands = Operands::of(skip.clone())?.and(x.clone())?;
    let [skip, x] = [0, 1].map(|index| Activation::new(operands.tensors()[index].clone()));
    let [batch, skipped, height, width] = skip.dims();
    let new = x.channels.checked_sub(added)?;
    if x.dims() != [batch, x.channels, height, width] || added > skipped {
        return None;
    }
    let y = fresh(skip.pixels(), skipped + new, |y| {
        let copy = Epilogue::default();
        let sum = Epilogue {
            residual: Some(x.view()),
            ..copy
        };
        let rest =
            |map: &Activation| Activation::new(map.channels_from(added, map.channels - added));
        write(skip.pixels(), added, skip.view(), &sum, y.slice(0));
        for (first, map) in [(added, rest(&skip)), (skipped, rest(&x))] {
            write(
                map.pixels(),
                map.channels,
                map.view(),
                &copy,
                y.slice(first),
            );
        }
    });
    let y = activation(y, [batch, skipped + new, height, width]);
    Some(operands.record(
        y,
        || (added, skipped, new),
        |(added, skipped, new), dy, wanted| {
            let dy = Activation::new(dy);
            let part = |first, channels| Activation::new(dy.channels_from(first, channels));
            let dx = wanted[1].then(|| {
                let dx = fresh(dy.pixels(), added + new, |dx| {
                    for (to, from, channels) in [(0, 0, added), (added, skipped, new)] {
                        let part = part(from, channels);
                        let copy = Epilogue::default();
                        write(dy.pixels(), channels, part.view(), &copy, dx.slice(to));
                    }
                });
                activation(dx, [dy.batch, added + new, dy.height, dy.width])
            });
            vec![Some(dy.channels_from(0, skipped)), dx]
        },
    ))
}

fn write(pixels: usize, channels: usize, from: View, epilogue: &Epilogue, to: ViewMut) {
    apply_epilogue(Isa::detect(), pixels, channels, from, epilogue, to);
}
