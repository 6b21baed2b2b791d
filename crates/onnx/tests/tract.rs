//! What another reader computes of files is what the models compute.

mod common;

use burn::tensor::{Device, Tensor};
use models::{ImageSpec, create, find};
use onnx::{Answer, Options, Pixels, Range, computed, difference, to_onnx};

use common::{filled, images, small};

/// How far answers are from those of the model, on one image and on four: other numbers than those
/// for which operations are written down.
fn differences(name: &str, options: &Options) -> [f64; 2] {
    let (device, variant) = (Device::flex(), find(name).expect("a variant"));
    let image = small(&variant);
    let config = variant.config().clone().with_image(image);
    let model = filled(&config, &device);
    let file = to_onnx(&model, &config, image, options).expect("a file");
    [1, 4].map(|batch| {
        let images = images(image, batch, &device);
        difference(&file, &model, options, images).expect("computed")
    })
}

#[track_caller]
fn agrees(name: &str, options: &Options) {
    for difference in differences(name, options) {
        assert!(difference < 1e-4, "{name}: {difference}");
    }
}

#[test]
fn residual_networks() {
    for name in ["resnet10_w16", "resnet14", "resnet8"] {
        agrees(name, &Options::default());
    }
}

#[test]
fn dense_networks() {
    agrees("densenet40_k12", &Options::default());
}

#[test]
fn networks_with_a_decoder() {
    agrees("unet8", &Options::default());
    agrees("fpn-resnet10_w16", &Options::default());
}

#[test]
fn networks_whose_streams_stand_in_the_batch() {
    agrees("mhc_resnet20", &Options::default());
}

#[test]
fn folded_normalisations_change_nothing() {
    let options = Options {
        fold: true,
        ..Options::default()
    };
    for name in ["resnet10_w16", "unet8", "densenet40_k12"] {
        for difference in differences(name, &options) {
            assert!(difference < 1e-5, "{name}: {difference}");
        }
    }
}

#[test]
fn answers_become_probabilities() {
    for answer in [Answer::Softmax, Answer::Sigmoid] {
        let options = Options {
            answer,
            ..Options::default()
        };
        agrees("resnet8", &options);
    }
}

#[test]
fn pixels_are_normalised_in_the_file() {
    let (device, image) = (Device::flex(), ImageSpec::new(3, 32, 32));
    let config = create("resnet8").expect("a variant");
    let model = filled(&config, &device);
    for (range, most) in [(Range::Unit, 1.0), (Range::Bytes, 255.0)] {
        let options = Options {
            pixels: Some(Pixels {
                range,
                mean: vec![0.5, 0.4, 0.3],
                deviation: vec![0.2, 0.25, 0.3],
            }),
            ..Options::default()
        };
        let file = to_onnx(&model, &config, image, &options).expect("a file");
        let pixels = (images(image, 2, &device) + 1.0) * (most / 2.0);
        let pixels = if range == Range::Bytes {
            pixels.round()
        } else {
            pixels
        };
        let difference = difference(&file, &model, &options, pixels).expect("computed");
        assert!(difference < 1e-4, "{range:?}: {difference}");
    }
}

#[test]
fn images_of_any_size_are_brought_to_the_models() {
    let (device, image) = (Device::flex(), ImageSpec::new(3, 32, 32));
    let config = create("resnet8").expect("a variant");
    let model = filled(&config, &device);
    let options = Options {
        resize: true,
        ..Options::default()
    };
    let file = to_onnx(&model, &config, image, &options).expect("a file");
    // Of one colour each, so that they are the same in any size.
    let colours = [[1, 50, 20], [1, 32, 32]].map(|[batch, height, width]| {
        let colour = Tensor::<4>::from_data([[[[0.9]], [[0.1]], [[-0.4]]]], &device);
        colour.expand([batch, 3, height, width])
    });
    let [other, own] = colours.map(|images| computed(&file, &images).expect("computed"));
    assert_eq!(other.shape, [1, 10]);
    for (one, other) in own.values.iter().zip(&other.values) {
        assert!((one - other).abs() < 1e-4, "{one} {other}");
    }
}

#[test]
fn a_file_of_other_weights_is_found_out() {
    let (device, image) = (Device::flex(), ImageSpec::new(3, 32, 32));
    let config = create("resnet8").expect("a variant");
    let options = Options::default();
    let file = to_onnx(&config.init(&device), &config, image, &options).expect("a file");
    let images = images(image, 1, &device);
    let difference = difference(&file, &filled(&config, &device), &options, images);
    assert!(difference.expect("computed") > 0.01);
}
