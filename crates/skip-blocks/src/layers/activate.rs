//! How an activation is applied.

use std::f64::consts::FRAC_1_SQRT_2;

use burn::tensor::{Tensor, activation};

use super::act::Act;
use crate::kernels;

/// `act(x)`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::{Act, act};
///
/// let x = Tensor::<2>::from_data([[-2.0, 3.0]], &Device::flex());
/// assert_eq!(act(x, Act::LeakyRelu(0.5)).to_data(), [[-1.0f32, 3.0]].into());
/// ```
pub fn act<const D: usize>(x: Tensor<D>, act: Act) -> Tensor<D> {
    if act == Act::None {
        return x;
    }
    kernels::act(&x, act).unwrap_or_else(|| match act {
        Act::None => x,
        Act::Relu => activation::relu(x),
        Act::LeakyRelu(slope) => activation::leaky_relu(x, slope),
        Act::Gelu => gelu(x),
        Act::Silu => activation::silu(x),
        Act::Sigmoid => activation::sigmoid(x),
    })
}

/// `x Phi(x)`. Burn's own goes back through an approximation of it, by `tanh`, that is off by a few
/// ten-thousandths.
fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let chance = ((x.clone() * FRAC_1_SQRT_2).erf() + 1.0) * 0.5;
    x * chance
}
