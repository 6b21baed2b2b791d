//! Running the trainer as a user does.

// Not every test uses all of it.
#![allow(dead_code)]

pub mod same;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use image::{Rgb, RgbImage};
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

/// Where no hub is.
pub const NO_HUB: &str = "http://127.0.0.1:9";

/// Runs the binary with no hub but this, and nothing else from the environment.
pub fn at_hub(folder: &Path, endpoint: &str, offline: bool, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_train"))
        .env_clear()
        .args(arguments)
        .current_dir(folder)
        .env("HF_HOME", folder.join("cache"))
        .env("HF_ENDPOINT", endpoint)
        .env("HF_HUB_OFFLINE", if offline { "1" } else { "0" })
        .output()
        .expect("the binary starts")
}

/// Makes a folder for each class, with so many images of different grays.
pub fn class_folders(folder: &Path, classes: impl IntoIterator<Item = String>, count: u8) {
    for class in classes {
        let folder = folder.join(class);
        fs::create_dir_all(&folder).expect("a folder");
        for index in 0..count {
            let gray = RgbImage::from_pixel(30, 40, Rgb([20 * index; 3]));
            gray.save(folder.join(format!("{index}.png")))
                .expect("writes");
        }
    }
}
