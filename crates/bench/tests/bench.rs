//! The smallest bench, as a user runs it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::tempdir;

fn bench(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the binary starts")
}

#[test]
fn a_model_is_timed_in_both_modes() {
    let folder = tempdir().expect("a folder");
    let arguments = [
        "--models",
        "resnet8",
        "--backends",
        "flex",
        "--batch-size",
        "2",
        "--runs",
        "3",
        "--json",
        "figures.json",
    ];
    let output = bench(folder.path(), &arguments);
    assert!(output.status.success());
    let text = std::fs::read_to_string(folder.path().join("figures.json")).expect("written");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert!(report["machine"]["cores"].as_u64() > Some(0));
    let cells = report["cells"].as_array().expect("an array");
    let modes: Vec<_> = cells.iter().map(|cell| &cell["mode"]).collect();
    assert_eq!(modes, ["inference", "training"]);
    for cell in cells {
        assert_eq!(cell["case"], "resnet8");
        assert_eq!(cell["engine"], "flex");
        assert_eq!(cell["batch"], 2);
        let seconds = |key: &str| cell[key].as_f64().expect("a number");
        assert!(0.0 < seconds("min_s"));
        assert!(seconds("min_s") <= seconds("median_s"));
        assert!(seconds("median_s") <= seconds("max_s"));
        let expected = 2.0 / seconds("median_s");
        assert!((seconds("images_per_second") - expected).abs() < 1e-6 * expected);
    }
    // The figures are not overwritten.
    let again = bench(folder.path(), &arguments);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&again.stderr),
        "error: 'figures.json' is taken; give another file with --json, or remove it\n"
    );
}

#[test]
fn a_model_that_does_not_exist_is_named() {
    let folder = tempdir().expect("a folder");
    let output = bench(folder.path(), &["--models", "resnet21"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.starts_with("error: there is no model 'resnet21'; there are: resnet18, "));
}
