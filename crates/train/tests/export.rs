//! Networks as files for others.

mod common;

use burn::tensor::Device;
use common::{SHORT, class_folders, read, succeeds, train};
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
fn what_is_exported_is_used_as_it_was() {
    let folder = tempdir().expect("a folder");
    let at = folder.path();
    let [cats, dogs] = ["cats", "dogs"].map(str::to_string);
    class_folders(&at.join("photos/train"), [cats, dogs], 10);
    let fit = [
        "fit",
        "--data",
        "photos",
        "--model",
        "resnet18",
        "--image-size",
        "32",
        "--limit",
        "8",
        "--epochs",
        "1",
        "--set",
        "data.fit={\"center_crop\": {\"fraction\": 0.8}}",
        "--out",
        "run",
    ];
    succeeds(at, &fit);
    let said = succeeds(
        at,
        &["export", "run", "--safetensors", "hub/model.safetensors"],
    );
    assert!(said.contains("is in 'hub/config.json'"), "{said}");
    let config = read(&at.join("hub/config.json"));
    assert_eq!(config["architecture"], "resnet18");
    assert_eq!(config["label_names"][1], "dogs");
    assert_eq!(config["pretrained_cfg"]["crop_pct"], 0.8);
    let predicted = |from: &[&str]| {
        let all = [&["predict"], from, &["photos/train/dogs/3.png"]].concat();
        succeeds(at, &all)
    };
    assert_eq!(predicted(&["run"]), predicted(&["--weights", "hub"]));

    // What lies beside the weights tells the file for ONNX too how images are seen.
    let onnx = ["--onnx", "a.onnx", "--normalise", "bytes", "--softmax"];
    succeeds(at, &[&["export", "--weights", "hub"], &onnx[..]].concat());
    // Other weights are not put beside it, the same are.
    let more = ["--safetensors", "hub/other.safetensors"];
    let said = refusal(at, &[&["export", "resnet34"], &more[..]].concat());
    assert!(
        said.contains("'hub/config.json' is of other weights"),
        "{said}"
    );
    assert!(!at.join("hub/other.safetensors").exists());
    succeeds(at, &[&["export", "run"], &more[..]].concat());
}

#[test]
fn weights_of_a_decoder_have_the_words_of_smp_beside_them() {
    let folder = tempdir().expect("a folder");
    let at = folder.path();
    let export = |from: &[&str], file: &str| {
        succeeds(at, &[&["export"], from, &["--safetensors", file]].concat());
        std::fs::read(at.join(file)).expect("written")
    };
    let own = export(
        &["unet_scse-resnet18", "--outputs", "3"],
        "own/model.safetensors",
    );
    let config = read(&at.join("own/config.json"));
    assert_eq!(config["_model_class"], "Unet");
    assert_eq!(config["decoder_attention_type"], "scse");
    assert_eq!(config["classes"], 3);
    // Which model it is, and of how many classes, is told by that.
    let again = export(&["--weights", "own"], "again/model.safetensors");
    assert!(own == again, "other bytes for the same weights");
    assert_eq!(read(&at.join("again/config.json")), config);
}

#[test]
fn why_nothing_is_said_beside_weights_is_told() {
    let folder = tempdir().expect("a folder");
    let output = train(
        folder.path(),
        &["export", "resnet8", "--safetensors", "a.safetensors"],
    );
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert_eq!(
        told,
        "no config.json is beside them: neither timm nor segmentation_models.pytorch has \
         'resnet8'\n"
    );
    assert!(!folder.path().join("config.json").exists());
}

#[test]
fn images_shrink_in_the_file_as_they_do_in_training() {
    let (device, image) = (Device::flex(), ImageSpec::new(1, 64, 64));
    let config = create("unet8").expect("a variant").with_image(image);
    device.seed(1);
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
    assert!(difference < 0.05 * scale, "{difference} of {scale}");
}
