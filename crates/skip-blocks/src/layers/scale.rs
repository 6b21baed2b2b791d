//! A factor for each channel, for each pixel, or for all.

use burn::tensor::Tensor;

use super::act::Act;
use super::activate::act;
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

/// `s * x`, one factor for each channel of each image: `s` is `[batch, channels]`.
pub fn scale_images<const D: usize>(x: Tensor<D>, s: Tensor<2>) -> Tensor<D> {
    kernels::scale_images(&x, &s).unwrap_or_else(|| {
        let [batch, channels] = s.dims();
        let mut per_image = [1; D];
        per_image[..2].copy_from_slice(&[batch, channels]);
        x * s.reshape(per_image)
    })
}

/// `s * x`, one factor for each pixel: `s` is `[batch, 1, height, width]`.
pub fn scale_pixels(x: Tensor<4>, s: Tensor<4>) -> Tensor<4> {
    kernels::scale_pixels(&x, &s).unwrap_or_else(|| x * s)
}

/// `act(scale * x + shift)`, a learned number each (`[1]`), or none.
pub fn scale_shift<const D: usize>(
    x: Tensor<D>,
    scale: Option<Tensor<1>>,
    shift: Option<Tensor<1>>,
    activation: Act,
) -> Tensor<D> {
    if !activation.goes_along() {
        return act(scale_shift(x, scale, shift, Act::None), activation);
    }
    let fast = kernels::scale_shift(&x, scale.as_ref(), shift.as_ref(), activation);
    fast.unwrap_or_else(|| {
        let x = match scale {
            Some(scale) => x * scale.reshape([1; D]),
            None => x,
        };
        let x = match shift {
            Some(shift) => x + shift.reshape([1; D]),
            None => x,
        };
        act(x, activation)
    })
}

/// `factor * x`, a constant.
pub fn scaled<const D: usize>(x: Tensor<D>, factor: f64) -> Tensor<D> {
    let gamma = Tensor::full([x.dims()[1]], factor, &x.device());
    kernels::scale_channels(&x, &gamma).unwrap_or_else(|| x * factor)
}
