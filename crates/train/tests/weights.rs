//! Weights from a file, and to one.

mod common;

use std::fs::{self, File};
use std::path::Path;

use common::{SHORT, succeeds, train};
use tempfile::tempdir;
use weights::{Array, Weights};

#[test]
fn what_one_run_learned_another_starts_from() {
    let folder = tempdir().expect("a folder");
    let fit = |more: &[&'static str]| [&["fit"][..], &SHORT, more].concat();
    succeeds(folder.path(), &fit(&["--out", "first"]));
    succeeds(
        folder.path(),
        &["export", "first", "--safetensors", "first.safetensors"],
    );
    // With a rate of almost nothing, the second is the first.
    let still = [
        "--lr",
        "1e-12",
        "--weight-decay",
        "0",
        "--set",
        "schedule.warm_up=0",
    ];
    let second = ["--out", "second", "--weights", "first.safetensors"];
    succeeds(folder.path(), &fit(&[&second[..], &still].concat()));
    succeeds(
        folder.path(),
        &["export", "second", "--safetensors", "second.safetensors"],
    );
    let read = |name: &str| Weights::read(&folder.path().join(name)).expect("readable");
    let [first, second] = ["first.safetensors", "second.safetensors"].map(read);
    let filters = |weights: &Weights| {
        weights
            .get("layer1.0.conv1.weight")
            .expect("there")
            .values
            .clone()
    };
    let differences = filters(&first).into_iter().zip(filters(&second));
    let largest = differences
        .map(|(one, other)| (one - other).abs())
        .fold(0.0, f32::max);
    assert!(largest < 1e-6, "{largest}");
}

#[test]
fn weights_that_do_not_fit_are_refused_with_what_does_not() {
    let folder = tempdir().expect("a folder");
    let fit = |model: &str, more: &[&str]| {
        let own = ["fit", "--limit", "8", "--epochs", "1", "--model", model];
        train(folder.path(), &[&own[..], more].concat())
    };
    assert!(fit("resnet8", &["--out", "run"]).status.success());
    succeeds(
        folder.path(),
        &["export", "run", "--safetensors", "w.safetensors"],
    );
    let refused = fit(
        "resnet14",
        &["--out", "other", "--weights", "w.safetensors"],
    );
    assert_eq!(refused.status.code(), Some(1));
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(
        message.contains("the weights do not fit the model: ") && message.contains("layer1.1."),
        "{message}"
    );
    assert!(!folder.path().join("other").exists());
    let missing = fit("resnet8", &["--out", "other", "--weights", "none.pth"]);
    let message = String::from_utf8_lossy(&missing.stderr);
    assert!(
        message.starts_with("error: there is no file 'none.pth'; "),
        "{message}"
    );
}

/// Writes a model's weights, drawn by a seed, and gives them.
fn drawn(folder: &Path, model: &str, seed: &str, file: &str) -> Weights {
    succeeds(
        folder,
        &["export", model, "--seed", seed, "--safetensors", file],
    );
    Weights::read(&folder.join(file)).expect("readable")
}

/// The arrays, each by another name.
fn renamed(weights: &Weights, rename: impl Fn(&str) -> String) -> Vec<(String, Array)> {
    let names = weights.names();
    let arrays = names.filter_map(|name| Some((rename(name), weights.get(name)?.clone())));
    arrays.collect()
}

fn write(folder: &Path, file: &str, arrays: Vec<(String, Array)>) {
    let bytes = Weights::new(file, arrays).to_safetensors();
    fs::write(folder.join(file), bytes.expect("whole")).expect("writes");
}

/// What stands in the way.
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let output = train(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn weights_with_other_names_are_found_by_a_key_map() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let own = drawn(folder, "resnet8", "1", "own.safetensors");
    let rename = |name: &str| match name.strip_prefix("layer") {
        Some(rest) => format!("blocks.{rest}"),
        None => name.replace("conv1", "first"),
    };
    write(folder, "others.safetensors", renamed(&own, rename));
    fs::write(
        folder.join("names.json"),
        r#"[["layer1", "blocks.1"], ["layer2", "blocks.2"], ["layer3", "blocks.3"],
            ["conv1", "first"]]"#,
    )
    .expect("writes");
    let weights = ["--weights", "others.safetensors"];
    let map = ["--key-map", "names.json"];
    let export = |more: &[&'static str]| [&["export", "resnet8"][..], &weights, more].concat();
    succeeds(
        folder,
        &export(&[&map[..], &["--safetensors", "again.safetensors"]].concat()),
    );
    assert_eq!(
        fs::read(folder.join("again.safetensors")).expect("written"),
        fs::read(folder.join("own.safetensors")).expect("written")
    );
    let refused = refusal(folder, &export(&["--safetensors", "none.safetensors"]));
    assert!(refused.contains("missing: conv1.weight"), "{refused}");

    let digit = image::GrayImage::from_fn(28, 28, |x, y| image::Luma([(x * y) as u8]));
    digit.save(folder.join("digit.png")).expect("writes");
    let predict = |more: &[&str]| {
        let image = ["--set", "data.normalization=image", "digit.png"];
        let all = [&["predict", "--model", "resnet8"], more, &image].concat();
        succeeds(folder, &all)
    };
    assert_eq!(
        predict(&[&weights[..], &map].concat()),
        predict(&["--weights", "own.safetensors"])
    );
}

#[test]
fn averaged_weights_are_taken_where_they_are_asked_for_and_there() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let last = drawn(folder, "resnet8", "1", "last.safetensors");
    let average = drawn(folder, "resnet8", "2", "average.safetensors");
    let before = |prefix: &'static str| move |name: &str| format!("{prefix}.{name}");
    let both = [
        renamed(&last, before("state_dict")),
        renamed(&average, before("state_dict_ema")),
    ];
    write(folder, "both.safetensors", both.concat());
    let export = |weights: &'static str, more: &[&'static str]| {
        let from = ["export", "resnet8", "--weights", weights];
        [&from[..], more].concat()
    };
    let averaged = ["--set", "model.averaged_weights=true"];
    for (more, file, wanted) in [
        (&[][..], "a.safetensors", "last.safetensors"),
        (&averaged, "b.safetensors", "average.safetensors"),
    ] {
        let to = [more, &["--safetensors", file]].concat();
        succeeds(folder, &export("both.safetensors", &to));
        assert!(
            fs::read(folder.join(file)).expect("written")
                == fs::read(folder.join(wanted)).expect("written"),
            "{file} is not {wanted}"
        );
    }
    let to = [&averaged[..], &["--safetensors", "c.safetensors"]].concat();
    let refused = refusal(folder, &export("last.safetensors", &to));
    assert!(
        refused.contains("there are no averaged weights"),
        "{refused}"
    );
    assert!(!folder.join("c.safetensors").exists());
}

#[test]
fn an_encoder_alone_goes_under_a_decoder() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let classifier = drawn(folder, "resnet18", "1", "classifier/model.safetensors");
    let fit = |more: &[&'static str]| {
        let own = [
            "fit",
            "--data",
            "nuclei-mini",
            "--limit",
            "2",
            "--epochs",
            "1",
            "--model",
            "unet-resnet18",
            "--out",
            "run",
            "--weights",
            "classifier/model.safetensors",
        ];
        [&own[..], more].concat()
    };
    let refused = refusal(folder, &fit(&[]));
    assert!(refused.contains("--encoder-only takes"), "{refused}");
    let output = train(folder, &fit(&["--encoder-only", "--freeze", "encoder"]));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(
        told.contains("conv1.weight' made for other channels"),
        "{told}"
    );
    succeeds(
        folder,
        &["export", "run", "--safetensors", "unet/model.safetensors"],
    );
    let unet = Weights::read(&folder.join("unet/model.safetensors")).expect("readable");
    for name in ["layer1.0.conv1.weight", "layer4.1.bn2.running_var"] {
        assert_eq!(unet.get(&format!("encoder.{name}")), classifier.get(name));
    }
    // The images are gray: colours are added up.
    let [gray, colour] = [
        unet.get("encoder.conv1.weight"),
        classifier.get("conv1.weight"),
    ];
    let (gray, colour) = (gray.expect("there"), colour.expect("there"));
    let sum: f32 = (0..3).map(|channel| colour.values[49 * channel]).sum();
    assert_eq!(gray.shape, [64, 1, 7, 7]);
    assert!((gray.values[0] - sum).abs() < 1e-6);
}

fn array(path: &Path) -> (Vec<u64>, Vec<f32>) {
    let file = npyz::NpyFile::new(File::open(path).expect("there")).expect("an array");
    (file.shape().to_vec(), file.into_vec().expect("f32"))
}

/// The U-Net of crates/weights/tests/deepcr.rs, by the command alone. The data is not part of the
/// project: without it, the test says so and passes.
#[test]
fn published_weights_answer_by_the_command_as_their_own_network_does() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = here.join("../../../shared/data/deepcr");
    if !data.join("ACS-WFC.pth").is_file() {
        println!("skipped: there is no {}", data.display());
        return;
    }
    let folder = tempdir().expect("a folder");
    let (shape, values) = array(&data.join("input.npy"));
    let [1, 1, height, width] = shape[..] else {
        panic!("{shape:?}");
    };
    let file = File::create(folder.path().join("sky.tiff")).expect("a file");
    let mut tiff = tiff::encoder::TiffEncoder::new(file).expect("a TIFF");
    tiff.write_image::<tiff::encoder::colortype::Gray32Float>(width as u32, height as u32, &values)
        .expect("writes");
    let weights = data.join("ACS-WFC.pth");
    let keys = here.join("../weights/tests/deepcr/keys.json");
    let predict = [
        "predict",
        "--model",
        "unet32",
        "--weights",
        weights.to_str().expect("text"),
        "--key-map",
        keys.to_str().expect("text"),
        "--set",
        "model.encoder.depth=1",
        "--set",
        "model.encoder.bias=true",
        "--set",
        "model.decoder.bias=true",
        "--set",
        r#"data.normalization={"moments": {"mean": [0.0], "deviation": [1.0]}}"#,
        "--scores",
        "--out",
        "found",
        "sky.tiff",
    ];
    let output = train(folder.path(), &predict);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let became = "the weights: names begin with 'module.'; the head's one output made two classes; 6 \
                  of num_batches_tracked not needed";
    assert!(told.contains(became), "{told}");
    let (shape, found) = array(&folder.path().join("found/sky_scores.npy"));
    assert_eq!(shape, [2, height, width]);
    let (_, wanted) = array(&data.join("output.npy"));
    // How likely each pixel is no cosmic ray stands before how likely it is one.
    let found = &found[wanted.len()..];
    let differences = found
        .iter()
        .zip(&wanted)
        .map(|(one, other)| (one - other).abs());
    let largest = differences.fold(0.0, f32::max);
    assert!(largest < 1e-5, "{largest}");
}
