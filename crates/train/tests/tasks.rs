//! Tasks beyond classes and masks, from the command line to what is predicted.

mod common;

use common::{read, succeeds};
use serde_json::Value;
use tempfile::tempdir;

#[test]
fn images_are_learned_from_images_and_the_answer_is_an_image() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let short = ["--limit", "12", "--epochs", "3", "--out", "run"];
    succeeds(
        folder,
        &[&["fit", "--data", "nuclei-noisy"][..], &short].concat(),
    );
    let test = &read(&folder.join("run/summary.json"))["test"];
    assert!(test["psnr"].as_f64().is_some_and(f64::is_finite), "{test}");
    let sample = std::fs::read_dir(folder.join("run/samples"));
    let sample = sample.expect("drawn").next().expect("one").expect("there");
    // Image, truth and answer side by side: larger than what was learned from, and of its own size
    // when it is answered.
    let given = image::open(sample.path()).expect("an image");
    given.save(folder.join("given.png")).expect("written");
    succeeds(folder, &["predict", "run", "given.png", "--out", "clean"]);
    let answer = image::open(folder.join("clean/given_values.png")).expect("an image");
    let size = |image: &image::DynamicImage| [image.width(), image.height()];
    assert_eq!(size(&answer), size(&given));
    assert!(given.width() > 256, "{:?}", size(&given));
}

#[test]
fn points_are_learned_and_told_by_their_names() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let short = ["--limit", "24", "--epochs", "2", "--out", "run"];
    succeeds(
        folder,
        &[&["fit", "--data", "nuclei-points"][..], &short].concat(),
    );
    let test = &read(&folder.join("run/summary.json"))["test"];
    let pck = test["pck"].as_f64().expect("measured");
    assert!((0.0..=1.0).contains(&pck), "{test}");
    let seen = image::GrayImage::from_fn(64, 64, |x, y| {
        let square = |at: u32| (i64::from(at) - 32).pow(2);
        image::Luma([if square(x) + square(y) < 100 { 200 } else { 10 }])
    });
    seen.save(folder.join("cell.png")).expect("written");
    let said = succeeds(folder, &["predict", "run", "cell.png"]);
    let said: Value = serde_json::from_str(&said).expect("JSON");
    let points = said[0]["points"].as_array().expect("a list").iter();
    let names: Vec<_> = points.map(|point| &point["name"]).collect();
    assert_eq!(names, ["top", "bottom", "left", "right"]);
}
