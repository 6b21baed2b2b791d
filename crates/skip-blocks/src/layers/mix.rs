//! Sums of maps with weights.

use burn::tensor::Tensor;

use crate::kernels;

/// `y_i = sum_j w_ij x_j` over the maps `x_j` of each image, which stand side by side in the batch:
/// `[batch * from, ..]` to `[batch * to, ..]` by weights `[batch, to, from]`, or `[1, to, from]` for
/// all images.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::mix;
///
/// let device = Device::flex();
/// let x = Tensor::<1>::from_floats([1.0, 10.0, 2.0, 20.0], &device).reshape([2 * 2, 1, 1, 1]);
/// let sum = Tensor::<3>::ones([1, 1, 2], &device);
/// let y = mix(x, sum);
/// assert_eq!(y.to_data(), [[[[11.0f32]]], [[[22.0]]]].into());
/// ```
pub fn mix(x: Tensor<4>, weights: Tensor<3>) -> Tensor<4> {
    kernels::mix(&x, &weights).unwrap_or_else(|| by_burn(x, weights))
}

fn by_burn(x: Tensor<4>, weights: Tensor<3>) -> Tensor<4> {
    let [all, channels, height, width] = x.dims();
    let [_, to, from] = weights.dims();
    let batch = all / from;
    let x = x.reshape([batch, from, channels * height * width]);
    let y = weights.expand([batch, to, from]).matmul(x);
    y.reshape([batch * to, channels, height, width])
}

/// `sum_i w_i x_i`, with a weight for each map.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::weighted_sum;
///
/// let device = Device::flex();
/// let maps = [1.0, 10.0].map(|value| Tensor::<1>::full([2], value, &device));
/// let y = weighted_sum(maps.to_vec(), Tensor::from_floats([2.0, 0.5], &device));
/// assert_eq!(y.to_data(), [7.0f32, 7.0].into());
/// ```
///
/// # Panics
/// Panics if there is no map.
pub fn weighted_sum<const D: usize>(maps: Vec<Tensor<D>>, weights: Tensor<1>) -> Tensor<D> {
    let weighted = maps.into_iter().enumerate().map(|(place, map)| {
        let weight = weights.clone().narrow(0, place, 1);
        map * weight.reshape([1; D])
    });
    let sum = weighted.reduce(|sum, map| sum + map);
    sum.expect("at least one map")
}
