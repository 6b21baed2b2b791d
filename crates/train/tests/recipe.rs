//! Where the values of a run come from, as a user gives them.

mod common;

use std::fs;
use std::path::Path;

use common::{read, succeeds, train};
use serde_json::Value;
use tempfile::tempdir;

/// The `config.json` of a run of one step with these arguments.
fn config(folder: &Path, arguments: &[&str]) -> Value {
    let out = folder.join("run");
    if out.exists() {
        fs::remove_dir_all(&out).expect("removes");
    }
    let small = ["--out", "run", "--limit", "4", "--epochs", "1"];
    succeeds(folder, &[&small[..], arguments].concat());
    read(&out.join("config.json"))
}

fn error(folder: &Path, arguments: &[&str]) -> String {
    let output = train(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn adamw_has_one_name_everywhere() {
    let folder = tempdir().expect("a folder");
    let path = folder.path();
    fs::write(path.join("a.toml"), "[optimizer]\nname = 'adamw'\n").expect("writes");
    fs::write(path.join("a.json"), r#"{"optimizer": {"name": "adamw"}}"#).expect("writes");
    for arguments in [
        ["--optimizer", "adamw"],
        // What the flag was called before.
        ["--optimizer", "adam-w"],
        ["--set", "optimizer.name=adamw"],
        ["--config", "a.toml"],
        ["--config", "a.json"],
    ] {
        let arguments = [&arguments[..], &["--model", "resnet8"]].concat();
        let config = config(path, &arguments);
        assert_eq!(config["optimizer"]["name"], "adamw", "{arguments:?}");
        assert_eq!(config["optimizer"]["lr"], 3e-3, "its own default");
    }
}

#[test]
fn a_flag_wins_over_the_file_and_a_setting_over_the_flag() {
    let folder = tempdir().expect("a folder");
    let path = folder.path();
    let file = "[model]\nname = 'resnet8'\n[run]\nbatch_size = 3\nseed = 5\n[schedule]\nname = \
                'step'\nevery = 2\n";
    fs::write(path.join("a.toml"), file).expect("writes");
    let config = config(
        path,
        &[
            "--config",
            "a.toml",
            "--batch-size",
            "4",
            "--seed",
            "6",
            "--set",
            "run.seed=7",
            "--set",
            "loss.terms.0.smoothing=0.1",
        ],
    );
    assert_eq!(config["run"]["batch_size"], 4);
    assert_eq!(config["run"]["seed"], 7);
    assert_eq!(config["schedule"]["name"], "step");
    assert_eq!(config["schedule"]["every"], 2);
    assert_eq!(config["loss"]["terms"][0]["smoothing"], 0.1);
}

#[test]
fn the_size_is_the_one_that_was_used() {
    let folder = tempdir().expect("a folder");
    let config = config(folder.path(), &["--model", "resnet8"]);
    assert_eq!(config["data"]["size"], 28);
    assert_eq!(config["problem"]["image"]["height"], 28);
    assert_eq!(config["format"], train::FORMAT);
    let message = error(folder.path(), &["--image-size", "64"]);
    assert_eq!(
        message,
        "error: --image-size 64x64: the images of 'mnist-mini' are 28x28, and are taken as they \
         are\n"
    );
}

#[test]
fn what_is_wrong_is_named_with_where_it_was_given() {
    let folder = tempdir().expect("a folder");
    let path = folder.path();
    fs::write(path.join("a.toml"), "[run]\nepoch = 3\n").expect("writes");
    fs::write(path.join("a.yaml"), "run: 3").expect("writes");
    fs::write(path.join("old.json"), r#"{"epochs": 3, "problem": {}}"#).expect("writes");
    for (arguments, expected) in [
        (
            ["--config", "a.toml"],
            "error: the configuration file 'a.toml' is wrong: run.epoch: unknown field `epoch`, \
             expected one of `backend`, ",
        ),
        (
            ["--config", "a.yaml"],
            "error: the configuration file 'a.yaml' ends in 'yaml'; it must end in .toml or .json",
        ),
        (
            ["--config", "old.json"],
            "error: the configuration file 'old.json': this run has format 1, and this program \
             reads format 3; ",
        ),
        (
            ["--set", "optimizer.lr=fast"],
            "error: --set optimizer.lr=fast: optimizer.lr: invalid type: string \"fast\", expected \
             f64",
        ),
        (
            ["--device", "tpu"],
            "error: --device: run.device: there is no device 'tpu'; there are: ",
        ),
    ] {
        let message = error(path, &arguments);
        assert!(message.starts_with(expected), "{message}");
    }
}
