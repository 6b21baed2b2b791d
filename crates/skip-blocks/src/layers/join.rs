//! One map on several paths, and the ways in which paths meet.

use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;

use super::act::Act;
use super::activate::act;
use super::end::End;
use crate::kernels;

/// `x` for each of `N` paths, as for a block's branch and its shortcut.
///
/// The same as as many clones; going back, the derivatives of the paths are added faster.
pub fn split<const N: usize>(x: Tensor<4>) -> [Tensor<4>; N] {
    kernels::split(&x).unwrap_or_else(|| std::array::from_fn(|_| x.clone()))
}

/// `act(x + y)`
pub fn add<const D: usize>(x: Tensor<D>, y: Tensor<D>, activation: Act) -> Tensor<D> {
    if !activation.goes_along() {
        return act(add(x, y, Act::None), activation);
    }
    kernels::add(&x, &y, activation).unwrap_or_else(|| act(x + y, activation))
}

/// `x * s`, `s` a factor for each channel (`[batch, channels, 1, 1]`) or for each pixel (`[batch, 1,
/// height, width]`).
pub fn scale(x: Tensor<4>, s: Tensor<4>) -> Tensor<4> {
    x * s
}

/// All `maps` side by side, along the channels (dimension 1).
pub fn concat<const D: usize>(maps: Vec<Tensor<D>>) -> Tensor<D> {
    kernels::concat(&maps).unwrap_or_else(|| Tensor::cat(maps, 1))
}

/// `t * h + (1 - t) * x` with `t = sigmoid(z)`: `t = 1` takes the transformed `h`, `t = 0` carries
/// `x`.
///
/// Computed as `x + t * (h - x)`, which is the same with one product less.
pub fn gate<const D: usize>(z: Tensor<D>, h: Tensor<D>, x: Tensor<D>) -> Tensor<D> {
    kernels::gate(&z, &h, &x).unwrap_or_else(|| x.clone() + sigmoid(z) * (h - x))
}

/// `act(x + add)`, where no kernel has done it as it wrote `x`.
pub(super) fn finish(x: Tensor<4>, end: End) -> Tensor<4> {
    match end.add {
        Some(map) => add(x, map, end.act),
        None => act(x, end.act),
    }
}
