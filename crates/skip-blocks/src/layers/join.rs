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
pub fn split<const D: usize, const N: usize>(x: Tensor<D>) -> [Tensor<D>; N] {
    let paths = branches(x, N).try_into();
    paths.unwrap_or_else(|_| unreachable!("as many as were asked for"))
}

/// [`split`] into a number of paths that is not fixed.
pub fn branches<const D: usize>(x: Tensor<D>, paths: usize) -> Vec<Tensor<D>> {
    kernels::split(&x, paths).unwrap_or_else(|| vec![x; paths])
}

/// `act(x + y)`
pub fn add<const D: usize>(x: Tensor<D>, y: Tensor<D>, activation: Act) -> Tensor<D> {
    if !activation.goes_along() {
        return act(add(x, y, Act::None), activation);
    }
    kernels::add(&x, &y, activation).unwrap_or_else(|| act(x + y, activation))
}

/// All `maps` side by side, along the channels (dimension 1).
pub fn concat<const D: usize>(maps: Vec<Tensor<D>>) -> Tensor<D> {
    kernels::concat(&maps).unwrap_or_else(|| Tensor::cat(maps, 1))
}

/// `[skip + x, rest of skip, rest of x]`: the first `added` channels are added, those that follow
/// are put side by side.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::add_concat;
///
/// let device = Device::flex();
/// let skip = Tensor::<2>::from_data([[1.0, 2.0, 3.0]], &device);
/// let x = Tensor::<2>::from_data([[10.0, 20.0]], &device);
/// let y = add_concat(skip, x, 1);
/// assert_eq!(y.to_data(), [[11.0f32, 2.0, 3.0, 20.0]].into());
/// ```
pub fn add_concat<const D: usize>(skip: Tensor<D>, x: Tensor<D>, added: usize) -> Tensor<D> {
    kernels::add_concat(&skip, &x, added).unwrap_or_else(|| {
        let [first, skipped] = parts(skip, added);
        let [second, new] = parts(x, added);
        Tensor::cat(vec![first + second, skipped, new], 1)
    })
}

/// The first channels, and the others.
fn parts<const D: usize>(x: Tensor<D>, first: usize) -> [Tensor<D>; 2] {
    let rest = x.dims()[1] - first;
    [x.clone().narrow(1, 0, first), x.narrow(1, first, rest)]
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
