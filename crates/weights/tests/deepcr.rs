//! Real published weights: the U-Net that finds cosmic rays in images of the Hubble telescope ("deepCR",
//! Zhang and Bloom 2020, <https://arxiv.org/abs/1907.09500>), in a file of PyTorch's older form.
//!
//! The data is not part of the project: without it, the test says so and passes.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData, activation::sigmoid};
use models::create;
use serde_json::json;
use weights::{KeyMap, Options, Weights, apply};

fn array(path: &Path) -> Tensor<4> {
    let bytes = std::fs::read(path).expect("there");
    let file = npyz::NpyFile::new(&bytes[..]).expect("an array");
    let dims: Vec<usize> = file.shape().iter().map(|length| *length as usize).collect();
    let values: Vec<f32> = file.into_vec().expect("f32");
    Tensor::from_data(TensorData::new(values, dims), &Device::flex())
}

#[test]
fn published_weights_answer_as_their_own_network_does() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = here.join("../../../shared/data/deepcr");
    if !data.join("ACS-WFC.pth").is_file() {
        println!("skipped: there is no {}", data.display());
        return;
    }
    let config = [
        ("encoder.depth", json!(1)),
        ("encoder.bias", json!(true)),
        ("decoder.bias", json!(true)),
    ];
    let unet = create("unet32").expect("a model").with_outputs(1);
    let set = |config: models::ModelConfig, (path, value): (&str, serde_json::Value)| {
        config.set(path, value).expect("a field")
    };
    let config = config.into_iter().fold(unet, set);
    let weights = Weights::read(&data.join("ACS-WFC.pth")).expect("readable");
    let options = Options {
        key_map: KeyMap::read(&here.join("tests/deepcr/keys.json")).expect("a key map"),
        ..Options::default()
    };
    let fresh = config.init(&Device::flex());
    let (model, report) =
        apply(fresh, &config, &weights, &options).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.prefix, "module.");
    assert_eq!(report.counters, 6);

    let found = sigmoid(model.forward(array(&data.join("input.npy"))).swap_remove(0));
    let wanted = array(&data.join("output.npy"));
    let difference = (found - wanted).abs().max().into_scalar::<f32>();
    assert!(difference < 1e-5, "{difference}");
}
