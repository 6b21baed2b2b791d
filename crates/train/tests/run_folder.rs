//! Folders of runs that are damaged, or of another version.

mod common;

use std::fs;
use std::path::Path;

use common::{read, succeeds, train};
use serde_json::json;
use tempfile::tempdir;

fn fit(folder: &Path) {
    let arguments = ["--model", "resnet8", "--limit", "4", "--epochs", "1"];
    succeeds(folder, &[&arguments[..], &["--out", "run"]].concat());
}

fn error(folder: &Path, arguments: &[&str]) -> String {
    let output = train(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn a_flipped_byte_of_a_checkpoint_is_an_error_that_names_it() {
    let folder = tempdir().expect("a folder");
    fit(folder.path());
    let best = folder.path().join("run/checkpoints/2/best.bpk");
    let mut bytes = fs::read(&best).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&best, bytes).expect("writes");
    image::GrayImage::new(28, 28)
        .save(folder.path().join("digit.png"))
        .expect("writes");
    for arguments in [&["eval", "run"][..], &["predict", "run", "digit.png"]] {
        let message = error(folder.path(), arguments);
        assert!(message.contains("best.bpk' is damaged: "), "{message}");
    }
}

#[test]
fn another_version_is_named_with_ours() {
    let folder = tempdir().expect("a folder");
    fit(folder.path());
    let path = folder.path().join("run/config.json");
    for (version, named) in [(json!(null), "format 1,"), (json!(2), "format 2,")] {
        let mut config = read(&path);
        match version.is_null() {
            true => drop(config.as_object_mut().expect("a table").remove("format")),
            false => config["format"] = version,
        }
        fs::write(&path, config.to_string()).expect("writes");
        let message = error(folder.path(), &["eval", "run"]);
        let start = format!("error: 'run' cannot be used: this run has {named} and this program ");
        assert!(message.starts_with(&start), "{message}");
    }
}

#[test]
fn images_are_answered_as_they_are_read() {
    let folder = tempdir().expect("a folder");
    fit(folder.path());
    let path = |name: &str| folder.path().join(name);
    image::GrayImage::new(28, 28)
        .save(path("good.png"))
        .expect("writes");
    fs::write(path("bad.png"), "no picture").expect("writes");
    let output = train(
        folder.path(),
        &["predict", "run", "good.png", "bad.png", "good.png"],
    );
    assert_eq!(output.status.code(), Some(1));
    let answered: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("a whole list of what was answered");
    assert_eq!(answered.as_array().expect("a list").len(), 1);
    assert_eq!(answered[0]["image"], "good.png");
    let message = String::from_utf8(output.stderr).expect("text");
    assert!(
        message.contains("the image 'bad.png' cannot be "),
        "{message}"
    );
}
