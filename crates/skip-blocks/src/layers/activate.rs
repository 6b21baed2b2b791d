//! How an activation is applied.

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
        Act::Gelu => activation::gelu(x),
        Act::Silu => activation::silu(x),
        Act::Sigmoid => activation::sigmoid(x),
    })
}
