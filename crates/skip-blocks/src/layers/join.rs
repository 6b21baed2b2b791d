//! The ways in which a skip connection rejoins the path that it bypassed.

use burn::tensor::Tensor;
use burn::tensor::activation::{relu, sigmoid};

use crate::kernels;

/// `x` for each of `N` paths, as for a block's branch and its shortcut.
///
/// The same as as many clones; going back, the derivatives of the paths are added faster.
pub fn branch<const N: usize>(x: Tensor<4>) -> [Tensor<4>; N] {
    kernels::branch(&x).unwrap_or_else(|| std::array::from_fn(|_| x.clone()))
}

/// `x + y`
pub fn add<const D: usize>(x: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
    kernels::add(&x, &y, false).unwrap_or_else(|| x + y)
}

/// `relu(x + y)`
pub fn add_relu(x: Tensor<4>, y: Tensor<4>) -> Tensor<4> {
    kernels::add(&x, &y, true).unwrap_or_else(|| relu(x + y))
}

/// `[x, y]`: both side by side, along the channels (dimension 1).
pub fn concat<const D: usize>(x: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
    concat_all(vec![x, y])
}

/// All `parts` side by side, along the channels (dimension 1).
pub fn concat_all<const D: usize>(parts: Vec<Tensor<D>>) -> Tensor<D> {
    kernels::concat(&parts).unwrap_or_else(|| Tensor::cat(parts, 1))
}

/// `t * h + (1 - t) * x` with `t = sigmoid(z)`: `t = 1` takes the transformed `h`, `t = 0` carries
/// `x`.
///
/// Computed as `x + t * (h - x)`, which is the same with one product less.
pub fn gate<const D: usize>(z: Tensor<D>, h: Tensor<D>, x: Tensor<D>) -> Tensor<D> {
    kernels::gate(&z, &h, &x).unwrap_or_else(|| x.clone() + sigmoid(z) * (h - x))
}
