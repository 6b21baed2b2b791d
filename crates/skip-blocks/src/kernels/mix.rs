//! Sums of maps with weights.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{Isa, Mix, fresh, mix_backward_weight, mix_forward};

use super::activation::{Activation, activation, contiguous, floats};
use super::operands::Operands;

/// `sum_j w_ij x_j`, by weights `[batch, to, from]` or `[1, to, from]`.
pub(crate) fn mix(x: &Tensor<4>, weights: &Tensor<3>) -> Option<Tensor<4>> {
    let [sets, to, from] = weights.dims();
    let [maps, channels, height, width] = x.dims();
    let fits = from > 0 && maps % from == 0 && channels > 0;
    if !fits || (sets != 1 && sets != maps / from) {
        return None;
    }
    let operands = Operands::of(x.clone())?.and(weights.clone())?;
    let tensors = operands.tensors();
    let state = State {
        mix: Mix {
            images: maps / from,
            from,
            to,
            pixels: height * width,
            channels,
            by_image: sets > 1,
        },
        x: Activation::new(tensors[0].clone()),
        weights: floats(&tensors[1]),
    };
    let y = mixed(&state.mix, &state.weights, &state.x);
    Some(operands.record(y, || state, rule))
}

struct State {
    mix: Mix,
    x: Activation,
    weights: Vec<f32>,
}

fn rule(state: State, dy: FlexTensor, wanted: &[bool]) -> Vec<Option<FlexTensor>> {
    let State { mix, x, weights } = state;
    let Mix { from, to, .. } = mix;
    let dy = Activation::new(dy);
    let dx = wanted[0].then(|| {
        let back = Mix {
            from: to,
            to: from,
            ..mix
        };
        mixed(&back, &transposed(&weights, to, from), &dy)
    });
    let dw = wanted[1].then(|| {
        let mut dw = vec![0.0; weights.len()];
        mix_backward_weight(Isa::detect(), &mix, x.view(), dy.view(), &mut dw);
        contiguous(dw, [weights.len() / (to * from).max(1), to, from])
    });
    vec![dx, dw]
}

fn mixed(mix: &Mix, weights: &[f32], x: &Activation) -> FlexTensor {
    let maps = mix.images * mix.to;
    let y = fresh(maps * mix.pixels, mix.channels, |y| {
        mix_forward(Isa::detect(), mix, weights, x.view(), y.view());
    });
    activation(y, [maps, mix.channels, x.height, x.width])
}

/// `[sets, to, from]` to `[sets, from, to]`.
fn transposed(weights: &[f32], to: usize, from: usize) -> Vec<f32> {
    let sets = weights.chunks_exact((to * from).max(1));
    sets.flat_map(|set| (0..from).flat_map(move |i| (0..to).map(move |o| set[o * from + i])))
        .collect()
}
