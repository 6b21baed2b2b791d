//! The options of timm's `create_model`, with which a ResNet-18 gives what it gives there.
//! `options.py` wrote the values.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use models::{ImageSpec, Pool, create};
use serde::Deserialize;
use twins::fill::images;
use twins::{Keys, filled};

#[derive(Deserialize)]
struct Answer {
    keys: Keys,
    dims: Vec<usize>,
    values: Vec<f64>,
}

#[test]
fn maps_are_pooled_as_in_timm() {
    let answers: BTreeMap<String, Answer> =
        serde_json::from_str(include_str!("../options.json")).expect("written by options.py");
    let device = Device::flex();
    let dims = [1, 5, 64, 72];
    let x = TensorData::new(images("input", dims.iter().product()), dims);
    for (name, answer) in answers {
        let pool: Pool = serde_json::from_value(name.as_str().into()).expect("a pooling of ours");
        let config = create("resnet18")
            .expect("a model")
            .with_image(ImageSpec::new(3, 64, 72))
            .with_in_channels(5)
            .with_outputs(7)
            .with_global_pool(pool);
        let model = filled(&config, &answer.keys, &device).expect("timm's keys");
        let found = model
            .forward(Tensor::from_data(x.clone(), &device))
            .remove(0);
        let wanted: Vec<_> = answer.dims.iter().copied().chain([1, 1]).take(4).collect();
        assert_eq!(found.dims()[..], wanted[..], "{name}");
        let found: Vec<f32> = found.into_data().try_to_vec().expect("f32");
        let largest = answer
            .values
            .iter()
            .fold(0.0, |largest: f64, value| largest.max(value.abs()));
        for (found, expected) in found.iter().zip(&answer.values) {
            let difference = (f64::from(*found) - expected).abs();
            assert!(
                difference < 1e-5 * largest,
                "{name}: {found}, timm has {expected}"
            );
        }
    }
}
