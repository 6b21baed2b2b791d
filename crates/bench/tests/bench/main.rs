//! The bench, as a user runs it.

mod comparison;
mod macs;
mod models;
#[cfg(unix)] // A shell script stands in for a Python.
mod peers;
mod readme;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs it in a folder.
fn bench(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the binary starts")
}

/// Runs it on the smallest case, and more arguments.
fn smallest(folder: &Path, arguments: &[&str]) -> Output {
    let case = "--models resnet8 --input 8x8 --batch-size 2 --runs 1 --engines";
    let case: Vec<_> = case.split(' ').collect();
    bench(folder, &[&case, arguments].concat())
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Reads a JSON file.
fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("written");
    serde_json::from_str(&text).expect("JSON")
}
