//! Running the trainer as a user does.

// Not every test uses all of it.
#![allow(dead_code)]

pub mod same;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// A run of a moment.
pub const SHORT: [&str; 8] = [
    "--model",
    "resnet8",
    "--limit",
    "8",
    "--epochs",
    "1",
    "--batch-size",
    "4",
];

/// Runs the binary with these arguments in a folder.
pub fn train(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_train"))
        .args(arguments)
        .current_dir(folder)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the binary starts")
}

/// Runs it, which must succeed, and gives what it prints.
pub fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let output = train(folder, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} failed: {error}");
    String::from_utf8(output.stdout).expect("text")
}

/// What a file of JSON says.
pub fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("written");
    serde_json::from_str(&text).expect("JSON")
}
