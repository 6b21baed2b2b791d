//! The kernels under a whole run: the same curve as with Burn's own operations, and the same to
//! the last bit for any number of threads.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::tempdir;

/// The metrics of a short run with this environment.
fn metrics(folder: &Path, out: &str, data: &[&str], environment: (&str, &str)) -> String {
    let status = Command::new(env!("CARGO_BIN_EXE_train"))
        .args(["fit", "--out", out, "--limit", "8", "--batch-size", "4"])
        .args(["--epochs", "2"])
        .args(data)
        .env(environment.0, environment.1)
        .current_dir(folder)
        .output()
        .expect("the binary starts")
        .status;
    assert!(status.success());
    fs::read_to_string(folder.join(out).join("metrics.jsonl")).expect("written")
}

fn losses(metrics: &str) -> Vec<f64> {
    let loss = |line: &str| {
        let record: Value = serde_json::from_str(line).expect("JSON");
        record["loss"].as_f64().expect("a number")
    };
    metrics.lines().map(loss).collect()
}

const CLASSIFICATION: [&str; 2] = ["--model", "resnet8"];

#[test]
fn a_run_is_the_same_for_any_number_of_threads() {
    let folder = tempdir().expect("a folder");
    let run = |out, threads| {
        let threads = ("RAYON_NUM_THREADS", threads);
        metrics(folder.path(), out, &CLASSIFICATION, threads)
    };
    assert_eq!(run("one", "1"), run("three", "3"));
}

#[test]
fn a_run_is_the_same_for_any_number_of_loader_threads() {
    let folder = tempdir().expect("a folder");
    for (name, data) in [
        ("classification", &CLASSIFICATION[..]),
        ("segmentation", &["--data", "nuclei-mini"]),
    ] {
        let run = |threads: &str| {
            let set = format!("data.threads={threads}");
            let arguments = [data, &["--set", &set]].concat();
            let out = format!("{name}-{threads}");
            metrics(folder.path(), &out, &arguments, ("RAYON_NUM_THREADS", "2"))
        };
        let none = run("0");
        assert_eq!(run("1"), none);
        assert_eq!(run("2"), none);
    }
}

#[test]
fn a_run_without_the_kernels_has_the_same_losses() {
    let folder = tempdir().expect("a folder");
    for (name, data) in [
        ("classification", &CLASSIFICATION[..]),
        ("segmentation", &["--data", "nuclei-mini"]),
    ] {
        let run = |switch| {
            let out = format!("{name}-{switch}");
            metrics(folder.path(), &out, data, ("SKIP_BLOCKS_KERNELS", switch))
        };
        let (fast, plain) = (losses(&run("on")), losses(&run("off")));
        assert_eq!(fast.len(), plain.len());
        for (fast, plain) in fast.into_iter().zip(plain) {
            assert!((fast - plain).abs() < 1e-3, "{name}: {fast} and {plain}");
        }
    }
}
