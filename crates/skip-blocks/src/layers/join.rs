//! The ways in which a skip connection rejoins the path that it bypassed.

use burn::tensor::{Tensor, activation::relu};

/// `x + y`
pub fn add<const D: usize>(x: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
    x + y
}

/// `relu(x + y)`
pub fn add_relu(x: Tensor<4>, y: Tensor<4>) -> Tensor<4> {
    relu(add(x, y))
}

/// `[x, y]`: both side by side, along the channels (dimension 1).
pub fn concat<const D: usize>(x: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
    Tensor::cat(vec![x, y], 1)
}

/// `t * h + (1 - t) * x`: `t = 1` takes the transformed `h`, `t = 0` carries `x`.
///
/// Computed as `x + t * (h - x)`, which is the same with one product less.
pub fn gate<const D: usize>(t: Tensor<D>, h: Tensor<D>, x: Tensor<D>) -> Tensor<D> {
    x.clone() + t * (h - x)
}
