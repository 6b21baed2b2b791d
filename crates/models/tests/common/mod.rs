//! Images for all tests.
#![allow(dead_code)] // No test uses all of it.

use burn::tensor::{Device, Distribution, Tensor, TensorData};
use models::{ImageSpec, Variant};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// The smallest image that shows everything: the batteries are about wiring, not about size.
pub fn small(variant: &Variant) -> ImageSpec {
    let input = variant.input();
    let size = match variant.name() {
        // Valid convolutions eat the border.
        "unet" => 188,
        _ => input.height.min(32),
    };
    ImageSpec::new(input.channels, size, size)
}

pub fn images(image: ImageSpec, batch: usize, device: &Device) -> Tensor<4> {
    let [channels, height, width] = image.dims();
    noise([batch, channels, height, width], device)
}

/// The same values whatever other tests draw: Burn's own generator serves the whole process.
pub fn noise<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let normal = Distribution::Normal(0.0, 1.0);
    let data = TensorData::random::<f32, _, _>(shape, normal, &mut StdRng::seed_from_u64(3));
    Tensor::from_data(data, device)
}

pub fn largest_difference<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> f32 {
    (a - b).abs().max().into_scalar()
}
