//! Layer normalisation over the channels of each pixel.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{
    Isa, LayerNormGradients, View, ViewMut, fresh, layer_norm_backward, layer_norm_forward,
};

use super::activation::{Activation, activation, contiguous};
use super::affine::Affine;

/// `norm(x)`, over dimension 1.
pub(crate) fn layer_norm(
    x: &Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Option<Tensor<4>> {
    let Affine {
        operands,
        x,
        gamma,
        beta,
    } = Affine::of(x, gamma, beta)?;
    let mut moments = vec![0.0; 2 * x.pixels()];
    let y = fresh(x.pixels(), x.channels, |y| {
        let moments = ViewMut::new(&mut moments, 2);
        let norm = over(&x, &gamma);
        layer_norm_forward(
            Isa::detect(),
            &norm,
            &beta,
            epsilon as f32,
            moments,
            y.view(),
        );
    });
    let y = activation(y, x.dims());
    let state = || State { x, gamma, moments };
    Some(operands.record(y, state, rule))
}

struct State {
    x: Activation,
    gamma: Vec<f32>,
    /// Mean and inverse deviation of each pixel.
    moments: Vec<f32>,
}

fn over<'a>(x: &'a Activation, gamma: &'a [f32]) -> cpu_kernels::LayerNorm<'a> {
    cpu_kernels::LayerNorm {
        pixels: x.pixels(),
        channels: x.channels,
        x: x.view(),
        gamma,
    }
}

fn rule(state: State, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let State { x, gamma, moments } = state;
    let dy = Activation::new(dy);
    let (mut dgamma, mut dbeta) = (vec![0.0; x.channels], vec![0.0; x.channels]);
    let dx = fresh(x.pixels(), x.channels, |dx| {
        let gradients = LayerNormGradients {
            dx: dx.view(),
            dgamma: &mut dgamma,
            dbeta: &mut dbeta,
        };
        let moments = View::new(&moments, 2);
        layer_norm_backward(
            Isa::detect(),
            &over(&x, &gamma),
            moments,
            dy.view(),
            gradients,
        );
    });
    let [dgamma, dbeta] = [dgamma, dbeta].map(|sums| contiguous(sums, [x.channels]));
    vec![Some(activation(dx, x.dims())), Some(dgamma), Some(dbeta)]
}
