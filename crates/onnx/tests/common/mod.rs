//! Models and images whose values follow from their names.
#![allow(dead_code)] // No test uses all of it.

use burn::tensor::{Device, Tensor, TensorData};
use models::{ImageSpec, Model, ModelConfig, Variant};
use twins::fill;
use weights::{Array, Options, Weights, apply, entries};

/// The model of a configuration, filled by the formula of [`twins::fill`].
pub fn filled(config: &ModelConfig, device: &Device) -> Model {
    let model = config.init(device);
    let arrays = entries(&model, config).expect("values");
    let arrays = arrays.into_iter().map(|entry| {
        let shape = entry.array.shape;
        let values = fill::values(&entry.name, &shape);
        (entry.name, Array { shape, values })
    });
    let weights = Weights::new("the formula", arrays);
    let (model, _) = apply(model, config, &weights, &Options::default()).expect("fits");
    model
}

/// A batch of images.
pub fn images(image: ImageSpec, batch: usize, device: &Device) -> Tensor<4> {
    let [channels, height, width] = image.dims();
    let values = fill::images("onnx", batch * image.values());
    let data = TensorData::new(values, [batch, channels, height, width]);
    Tensor::from_data(data, device)
}

/// The smallest image that shows everything.
pub fn small(variant: &Variant) -> ImageSpec {
    let input = variant.input();
    let size = match variant.name() {
        // Valid convolutions eat the border.
        "unet" => 188,
        _ => input.height.min(64),
    };
    ImageSpec::new(input.channels, size, size)
}
