//! What goes wrong in a run: each has a message, and nothing is lost that was saved.
#![cfg(unix)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{read, succeeds, train};
use tempfile::tempdir;

/// A network without normalisation, at a rate at which its loss explodes at once.
const EXPLODES: [&str; 12] = [
    "--model",
    "resnet8",
    "--set",
    "model.encoder.norm=none",
    "--set",
    "schedule.name=constant",
    "--limit",
    "64",
    "--batch-size",
    "4",
    "--lr",
    "1",
];

fn explodes(folder: &Path, more: &[&str]) -> Output {
    let own = ["fit", "--plain", "--epochs", "2", "--out", "run"];
    train(folder, &[&own[..], &EXPLODES[..], more].concat())
}

fn error(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().last().expect("a line").to_string()
}

#[test]
fn a_loss_that_explodes_ends_the_run_unless_told_otherwise() {
    let folder = tempdir().expect("a folder");
    let message = error(&explodes(folder.path(), &[]));
    assert!(message.starts_with("error: the loss is "), "{message}");
    assert!(
        message.ends_with("a smaller --lr may help, or --clip 1, or --on-nan skip or rewind"),
        "{message}"
    );
}

#[test]
fn a_batch_that_is_not_learned_fails_the_check() {
    let folder = tempdir().expect("a folder");
    let check = ["fit", "--check", "--model", "resnet8", "--limit", "64"];
    let rate = |lr| [&check[..], &["--batch-size", "4", "--lr", lr]].concat();
    let message = error(&train(folder.path(), &rate("1e-9")));
    assert!(
        message.starts_with("error: one batch, again and again for ") && message.ends_with("--lr"),
        "{message}"
    );
    succeeds(folder.path(), &rate("0.05"));
    let left = fs::read_dir(folder.path()).expect("readable").count();
    assert_eq!(left, 0);
}

#[test]
fn a_run_goes_back_and_on_with_half_the_rate() {
    let folder = tempdir().expect("a folder");
    let output = explodes(folder.path(), &["--on-nan", "rewind"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(
        told.contains("back to step 0, and on with 0.5 times the learning rate"),
        "{told}"
    );
    let summary = read(&folder.path().join("run/summary.json"));
    assert_eq!(summary["epochs"], 2);
    let loss = summary["best_value"].as_f64().expect("a number");
    assert!(loss < 100.0, "{loss}");
}

#[test]
fn steps_are_left_out_but_not_all_of_them() {
    let folder = tempdir().expect("a folder");
    let message = error(&explodes(folder.path(), &["--on-nan", "skip"]));
    assert!(
        message.contains("and could not be used in 10 steps one after the other"),
        "{message}"
    );
}

/// An array of 32-bit floats as NumPy writes it.
fn npy(shape: &str, bytes: &[u8], kind: &str) -> Vec<u8> {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), bytes].concat()
}

#[test]
fn a_step_whose_gradient_is_no_number_is_left_out_and_the_run_goes_on() {
    let folder = tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("new");
    let pixels = 16 * 16;
    let mut values: Vec<f32> = (0..32 * pixels).map(|at| (at % 7) as f32 / 7.0).collect();
    // Too large for single precision once it is at its scale.
    values[5 * pixels] = 3e38;
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let labels: Vec<u8> = (0..32).map(|index| index % 2).collect();
    for part in ["train", "test"] {
        // The image is learned from, and not in the test.
        let (count, from) = if part == "train" {
            (32, 0)
        } else {
            (8, 24 * pixels * 4)
        };
        let images = npy(&format!("({count}, 16, 16)"), &bytes[from..], "<f4");
        fs::write(data.join(format!("{part}_images.npy")), images).expect("writes");
        let labels = npy(&format!("({count},)"), &labels[32 - count..], "|u1");
        fs::write(data.join(format!("{part}_labels.npy")), labels).expect("writes");
    }
    let valid = npy("(8, 16, 16)", &bytes[24 * pixels * 4..], "<f4");
    fs::write(data.join("valid_images.npy"), valid).expect("writes");
    let labels = npy("(8,)", &labels[24..], "|u1");
    fs::write(data.join("valid_labels.npy"), labels).expect("writes");
    let output = train(
        folder.path(),
        &[
            "fit",
            "--plain",
            "--data",
            "data",
            "--model",
            "resnet8",
            "--epochs",
            "2",
            "--batch-size",
            "8",
            "--on-nan",
            "skip",
            "--out",
            "run",
            "--set",
            r#"data.normalization={"moments":{"mean":[0.5],"deviation":[0.5]}}"#,
        ],
    );
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(
        told.contains("epoch 1: a step is left out, the gradient is not a number"),
        "{told}"
    );
    let summary = read(&folder.path().join("run/summary.json"));
    assert!(summary["left_out"].as_u64() >= Some(1), "{summary}");
    // The statistics of that step are left out, too.
    assert!(summary["test"]["loss"].is_f64(), "{summary}");
}

/// A run of many steps and checkpoints, with its first line read.
fn begun(folder: &Path, shell: &str) -> std::process::Child {
    let arguments = "--plain --model resnet8 --limit 64 --epochs 100000 --out run \
                     --set run.checkpoint.steps=1";
    let command = format!("{shell} exec '{}' {arguments}", env!("CARGO_BIN_EXE_train"));
    let mut child = Command::new("sh")
        .args(["-c", &command])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    lines.next().expect("a line").expect("text");
    // Nobody reads on; who writes to it is not stopped by that.
    child
}

#[test]
fn a_folder_that_is_taken_away_ends_the_run() {
    let folder = tempdir().expect("a folder");
    let child = begun(folder.path(), "");
    while !folder.path().join("run/checkpoints/2").is_dir() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    fs::rename(folder.path().join("run"), folder.path().join("taken")).expect("renames");
    let message = error(&child.wait_with_output().expect("ends"));
    assert!(
        message.starts_with("error: ") && message.contains("'run/"),
        "{message}"
    );
    // What was saved is whole.
    succeeds(folder.path(), &["eval", "taken"]);
}

#[test]
fn a_full_disk_ends_the_run_and_the_checkpoints_before_stay() {
    let folder = tempdir().expect("a folder");
    let short = [
        "--model", "resnet8", "--limit", "8", "--epochs", "1", "--out", "run",
    ];
    succeeds(folder.path(), &short);
    // No file may be larger than 100 blocks, which the parameters are: as on a full disk.
    let command = format!(
        "trap '' XFSZ; ulimit -f 100; exec '{}' resume run --epochs 2 --plain",
        env!("CARGO_BIN_EXE_train")
    );
    let mut shell = Command::new("sh");
    let output = shell
        .args(["-c", &command])
        .current_dir(folder.path())
        .output()
        .expect("a shell");
    let message = error(&output);
    assert!(
        message.starts_with("error: the checkpoint 'run/checkpoints/3' cannot be written: "),
        "{message}"
    );
    succeeds(folder.path(), &["eval", "run"]);
    succeeds(folder.path(), &["resume", "run", "--epochs", "2"]);
    assert_eq!(read(&folder.path().join("run/summary.json"))["epochs"], 2);
}
