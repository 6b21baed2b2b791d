//! The networks that come with the program answer without any training.

mod common;

use std::fs;
use std::path::Path;

use common::{read, succeeds, train};
use serde_json::Value;
use tempfile::tempdir;
use train::{is_shipped, shipped};

fn nuclei(kind: &str, name: &str) -> String {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/nuclei-mini/test");
    let path = data.join(kind).join(format!("{name}.png"));
    path.to_str().expect("text").to_string()
}

#[test]
fn every_network_has_a_card() {
    assert_eq!(
        shipped(),
        ["resnet20.cifar10", "unet.denoise", "unet.nuclei"]
    );
    for name in shipped() {
        assert!(is_shipped(&name));
        let card = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("weights")
            .join(&name);
        let card = fs::read_to_string(card.join("README.md")).expect("a card");
        for part in [
            "## Data",
            "## Recipe",
            "## Score",
            "## Not for",
            "## Licence",
        ] {
            assert!(card.contains(part), "{name}: {part}");
        }
    }
    assert!(!is_shipped("unet"));
}

#[test]
fn nuclei_are_found_and_counted() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let image = nuclei("images", "nuclei_001");
    succeeds(
        folder,
        &[
            "predict",
            "unet.nuclei",
            &image,
            "--out",
            "found",
            "--instances",
        ],
    );
    let gray = |path: &str| image::open(path).expect("an image").into_luma8();
    let truth = gray(&nuclei("masks", "nuclei_001"));
    let found = gray(
        folder
            .join("found/nuclei_001_mask.png")
            .to_str()
            .expect("text"),
    );
    let pairs = truth.pixels().zip(found.pixels());
    let (mut both, mut either) = (0, 0);
    for (truth, found) in pairs {
        let (truth, found) = (truth[0] > 0, found[0] > 0);
        both += usize::from(truth && found);
        either += usize::from(truth || found);
    }
    let iou = both as f64 / either as f64;
    assert!(iou > 0.75, "{iou}");
    let table = fs::read_to_string(folder.join("found/objects.csv")).expect("a table");
    assert!(table.lines().count() > 10, "{table}");
}

#[test]
fn a_cat_is_a_cat() {
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/references/photo.png");
    let photo = photo.to_str().expect("text");
    let folder = tempdir().expect("a folder");
    let said = succeeds(folder.path(), &["predict", "resnet20.cifar10", photo]);
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said[0]["class"], "cat", "{said}");
}

/// The images are not part of the project: without them, the test says so and passes.
#[test]
fn objects_are_told_apart() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cifar10");
    if !data.join("test.bin.xz").is_file() {
        println!("skipped: there is no {}", data.display());
        return;
    }
    let data = data.to_str().expect("text");
    let folder = tempdir().expect("a folder");
    let said = succeeds(folder.path(), &["eval", "resnet20.cifar10", "--data", data]);
    let said: Value = serde_json::from_str(&said).expect("JSON");
    let accuracy = said["accuracy"].as_f64().expect("a number");
    // What its card says.
    assert!((accuracy - 0.9135).abs() < 0.002, "{said}");
}

#[test]
fn noise_is_taken_away() {
    let folder = tempdir().expect("a folder");
    let said = succeeds(folder.path(), &["eval", "unet.denoise"]);
    let said: Value = serde_json::from_str(&said).expect("JSON");
    // What is given has 20 dB.
    assert!(said["psnr"].as_f64().expect("a number") > 32.0, "{said}");
}

#[test]
fn a_run_may_start_from_one() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let fit = |more: &[&str]| {
        let all = [
            "fit",
            "--data",
            "nuclei-mini",
            "--limit",
            "4",
            "--epochs",
            "1",
        ];
        succeeds(folder, &[&all[..], more].concat());
    };
    let start = ["--weights", "unet.nuclei", "--new-head", "--out", "run"];
    fit(&[&start[..], &["--freeze", "encoder"]].concat());
    assert_eq!(
        read(&folder.join("run/config.json"))["model"]["name"],
        "unet8"
    );
    for (run, file) in [
        ("run", "run.safetensors"),
        ("unet.nuclei", "own.safetensors"),
    ] {
        succeeds(folder, &["export", run, "--safetensors", file]);
    }
    let filters = |file: &str| {
        let weights = weights::Weights::read(&folder.join(file)).expect("readable");
        let name = weights
            .names()
            .find(|name| name.contains("encoder") && name.ends_with("weight"));
        let name = name.expect("a filter").to_string();
        weights.get(&name).expect("there").values.clone()
    };
    assert_eq!(filters("run.safetensors"), filters("own.safetensors"));
}

#[test]
fn a_name_that_is_none_says_which_there_are() {
    let folder = tempdir().expect("a folder");
    let output = train(folder.path(), &["predict", "unet.cells", "cells.png"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && error.contains("unet.nuclei"),
        "{error}"
    );
}
