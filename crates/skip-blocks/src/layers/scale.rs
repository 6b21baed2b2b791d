//! A factor for each channel, or for all.

use burn::tensor::Tensor;

use crate::kernels;

/// `gamma * x`, one factor for each channel (dimension 1).
pub fn scale_channels<const D: usize>(x: Tensor<D>, gamma: Tensor<1>) -> Tensor<D> {
    kernels::scale_channels(&x, &gamma).unwrap_or_else(|| {
        let [channels] = gamma.dims();
        let per_channel: [usize; D] =
            std::array::from_fn(|dim| if dim == 1 { channels } else { 1 });
        x * gamma.reshape(per_channel)
    })
}

/// `factor * x`, a constant.
pub fn scaled<const D: usize>(x: Tensor<D>, factor: f64) -> Tensor<D> {
    let gamma = Tensor::full([x.dims()[1]], factor, &x.device());
    kernels::scale_channels(&x, &gamma).unwrap_or_else(|| x * factor)
}
