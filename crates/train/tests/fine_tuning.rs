//! Training a part of a model.

mod common;

use std::path::Path;

use common::{succeeds, train};
use serde_json::Value;
use tempfile::tempdir;
use weights::Weights;

const SHORT: [&str; 9] = [
    "fit",
    "--model",
    "resnet8",
    "--limit",
    "16",
    "--batch-size",
    "4",
    "--epochs",
    "2",
];

fn fit(folder: &Path, more: &[&str]) {
    succeeds(folder, &[&SHORT[..], more].concat());
}

fn weights(folder: &Path, run: &str) -> Weights {
    let file = format!("{run}.safetensors");
    succeeds(folder, &["export", run, "--safetensors", &file]);
    Weights::read(&folder.join(file)).expect("readable")
}

/// What a run has learned, and what another that starts from it.
fn tuned(more: &[&str]) -> [Weights; 2] {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    fit(folder, &["--out", "first"]);
    let before = weights(folder, "first");
    let start = ["--out", "probe", "--weights", "first.safetensors"];
    fit(folder, &[&start[..], more].concat());
    [before, weights(folder, "probe")]
}

fn bits(weights: &Weights, name: &str) -> Vec<u32> {
    let array = weights.get(name).expect(name);
    array.values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn a_frozen_encoder_stays_to_the_bit_and_the_head_learns() {
    let [before, after] = tuned(&["--freeze", "encoder", "--average", "0.9"]);
    for name in [
        "conv1.weight",
        "layer3.0.bn2.weight",
        "layer3.0.bn2.running_var",
    ] {
        assert_eq!(bits(&before, name), bits(&after, name), "{name}");
    }
    assert_ne!(bits(&before, "fc.weight"), bits(&after, "fc.weight"));
}

#[test]
fn statistics_of_a_frozen_encoder_move_where_that_is_wanted() {
    let freeze = ["--freeze", "encoder", "--set", "freeze.evaluation=false"];
    let [before, after] = tuned(&freeze);
    assert_eq!(bits(&before, "conv1.weight"), bits(&after, "conv1.weight"));
    let statistics = "layer3.0.bn2.running_var";
    assert_ne!(bits(&before, statistics), bits(&after, statistics));
}

#[test]
fn what_cannot_be_frozen_is_said_before_anything_is_written() {
    let folder = tempdir().expect("a folder");
    let says = |arguments: &[&str], expected: &str| {
        let all = [&SHORT[..], &["--out", "run"], arguments].concat();
        let output = train(folder.path(), &all);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && error.contains(expected),
            "{error}"
        );
        assert!(!folder.path().join("run").exists(), "{arguments:?}");
    };
    says(
        &["--freeze", "backbone"],
        "--freeze backbone: no parameter stands there",
    );
    says(&["--freeze", "*"], "nothing is left that learns");
    says(&["--freeze-epochs", "1"], "nothing is frozen");
    says(
        &["--freeze", "encoder", "--freeze-epochs", "2"],
        "below --epochs 2",
    );
    says(
        &["--freeze", "encoder", "--set", "freeze.lr=0.1"],
        "--freeze-epochs",
    );
}

#[test]
fn an_image_is_nearest_to_itself() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    fit(folder, &["--out", "run"]);
    std::fs::create_dir_all(folder.join("images/more")).expect("made");
    for (index, name) in ["a.png", "b.png", "more/c.png"].into_iter().enumerate() {
        let image = image::GrayImage::from_fn(28, 28, |x, y| {
            image::Luma([((x * (index as u32 + 1) * 9) ^ (y * 5)) as u8])
        });
        image
            .save(folder.join("images").join(name))
            .expect("written");
    }
    let near = ["--near", "images/b.png", "--count", "2", "--out", "e.npy"];
    let said = succeeds(folder, &[&["embed", "run", "images"][..], &near].concat());
    let (first, list) = said.split_once('\n').expect("lines");
    assert_eq!(first, "3 images, 64 features each, are in 'e.npy'");
    let list: Value = serde_json::from_str(list).expect("JSON");
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    assert_eq!(list[0]["image"], "images/b.png");
    let similarity = list[0]["similarity"].as_f64().expect("a number");
    assert!((similarity - 1.0).abs() < 1e-6, "{similarity}");

    let file = std::fs::File::open(folder.join("e.npy")).expect("written");
    let array = npyz::NpyFile::new(file).expect("an array");
    assert_eq!(array.shape(), [3, 64]);
}
