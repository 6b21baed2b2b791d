//! Networks as files for others.

mod common;

use burn::tensor::Device;
use common::{SHORT, succeeds, train};
use models::{ImageSpec, create};
use onnx::{Options, Pixels, Range, computed, to_onnx};
use tempfile::tempdir;
use train::data::{Data, Normalization, Preprocessing, load};

/// What stands in the way.
fn refusal(folder: &std::path::Path, arguments: &[&str]) -> String {
    let output = train(folder, arguments);
    assert!(!output.status.success(), "{arguments:?} succeeded");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_run_becomes_a_file_that_computes_the_same() {
    let folder = tempdir().expect("a folder");
    let at = folder.path();
    succeeds(at, &[&["fit", "--out", "run"], &SHORT[..]].concat());
    for more in [
        &[][..],
        &["--fold", "--softmax", "--normalise", "bytes", "--resize"],
        &["--sigmoid", "--normalise", "unit"],
    ] {
        let said = succeeds(
            at,
            &[&["export", "run", "--onnx", "run.onnx"], more].concat(),
        );
        let begins = "the network is in 'run.onnx'; tract computes the same of it, up to ";
        assert!(said.starts_with(begins), "{said}");
        assert!(at.join("run.onnx").is_file() && !at.join("run.onnx.part").exists());
        std::fs::remove_file(at.join("run.onnx")).expect("removed");
    }
    let said = refusal(at, &["export", "run", "--onnx", "run.onnx", "--seed", "2"]);
    assert!(said.contains("--seed is for a model's name"), "{said}");
}

#[test]
fn a_model_of_the_registry_becomes_both_kinds_of_file() {
    let folder = tempdir().expect("a folder");
    let at = folder.path();
    let files = ["--safetensors", "a.safetensors", "--onnx", "a.onnx"];
    let said = succeeds(
        at,
        &[&["export", "unet8", "--image-size", "64"], &files[..]].concat(),
    );
    assert!(
        said.contains("the weights are in 'a.safetensors'"),
        "{said}"
    );
    assert!(said.contains("the network is in 'a.onnx'"), "{said}");
    // The same weights again, by their file.
    let again = ["--weights", "a.safetensors", "--onnx", "b.onnx"];
    succeeds(
        at,
        &[&["export", "unet8", "--image-size", "64"], &again[..]].concat(),
    );
    let read = |name: &str| std::fs::read(at.join(name)).expect("written");
    assert!(
        read("a.onnx") == read("b.onnx"),
        "other bytes for the same weights"
    );
}

#[test]
fn what_cannot_be_exported_is_said_and_nothing_is_written() {
    let folder = tempdir().expect("a folder");
    let at = folder.path();
    let said = refusal(at, &["export", "resnet8"]);
    assert!(
        said.contains("--safetensors <FILE>|--onnx <FILE>"),
        "{said}"
    );
    let said = refusal(at, &["export", "nothing", "--onnx", "a.onnx"]);
    assert!(
        said.contains("'nothing' is no folder of a run, and no model either"),
        "{said}"
    );
    let said = refusal(
        at,
        &[
            "export",
            "resnet8",
            "--onnx",
            "a.onnx",
            "--normalise",
            "unit",
        ],
    );
    assert!(said.contains("--normalise is for runs"), "{said}");
    assert!(!at.join("a.onnx").exists());
    std::fs::write(at.join("a.onnx"), "mine").expect("written");
    let said = refusal(at, &["export", "resnet8", "--onnx", "a.onnx"]);
    assert!(said.contains("'a.onnx' is taken"), "{said}");
    assert_eq!(std::fs::read(at.join("a.onnx")).expect("there"), b"mine");
}

#[test]
fn images_shrink_in_the_file_as_they_do_in_training() {
    let (device, image) = (Device::flex(), ImageSpec::new(1, 64, 64));
    let config = create("unet8").expect("a variant").with_image(image);
    let model = train::network::init(&config, &device);
    let (mean, deviation) = (vec![0.2], vec![0.1]);
    let options = Options {
        pixels: Some(Pixels {
            range: Range::Bytes,
            mean: mean.clone(),
            deviation: deviation.clone(),
        }),
        resize: true,
        ..Options::default()
    };
    let file = to_onnx(&model, &config, image, &options).expect("a file");

    let data = load(&Data::of("nuclei-mini"), 1).expect("embedded");
    let picture = data.test.get(0).expect("a picture").picture;
    let seen = |size, mean, deviation| {
        let preprocessing = Preprocessing {
            size,
            normalization: Normalization::DataSet { mean, deviation },
            ..data.problem.preprocessing.clone()
        };
        preprocessing.tensor(picture.clone(), &device)
    };
    let bytes = seen(None, vec![0.0], vec![1.0 / 255.0]);
    assert_eq!(bytes.dims(), [1, 1, 256, 256]);
    let found = computed(&file, &bytes).expect("computed").values;
    let expected = model.forward(seen(Some([64, 64]), mean, deviation));
    let expected = expected[0]
        .clone()
        .try_into_vec_as::<f32>()
        .expect("values");
    let largest =
        |values: &mut dyn Iterator<Item = f32>| values.fold(0.0, |a: f32, b| a.max(b.abs()));
    let difference = largest(&mut found.iter().zip(&expected).map(|(one, other)| one - other));
    // In training, pixels are rounded to bytes in between.
    let scale = largest(&mut expected.iter().copied());
    assert!(difference < 0.02 * scale, "{difference} of {scale}");
}
