//! The page of all models is made from what was measured.

use std::fs;
use std::path::Path;

use crate::{bench, errors, json};
use serde_json::json;
use tempfile::tempdir;

const FILES: [&str; 4] = ["--results", "models.json", "--page", "models.md"];

fn models(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let output = bench(folder, &[&["models"], arguments, &FILES].concat());
    assert!(output.status.success(), "{}", errors(&output));
    let lines = errors(&output);
    lines.lines().map(ToString::to_string).collect()
}

#[test]
fn what_is_measured_stands_on_the_page_and_is_not_measured_again() {
    let folder = tempdir().expect("a folder");
    let measure = ["resnet8", "--measure", "--write", "--runs", "1"];
    assert_eq!(models(folder.path(), &measure), ["resnet8 (1 of 1)"]);
    let results = json(&folder.path().join("models.json"));
    let measured = &results["models"]["resnet8"];
    assert!(measured["training_s"].as_f64() > measured["forward_s"].as_f64());
    assert!(measured["difference"].is_null(), "it has no twin");
    let page = fs::read_to_string(folder.path().join("models.md")).expect("written");
    let forward = measured["forward_s"].as_f64().expect("seconds") * 1e3;
    let row = page.lines().find(|line| line.starts_with("| resnet8 "));
    assert!(row.expect("a row").contains(&format!(" {forward:.1} ")));

    assert!(models(folder.path(), &measure).is_empty());
    assert_eq!(json(&folder.path().join("models.json")), results);
    let again = [&measure[..], &["--again"]].concat();
    assert_eq!(models(folder.path(), &again), ["resnet8 (1 of 1)"]);
}

#[test]
fn measurements_of_two_machines_do_not_mix() {
    let folder = tempdir().expect("a folder");
    let measure = ["resnet8", "--measure", "--write", "--runs", "1"];
    models(folder.path(), &measure);
    let path = folder.path().join("models.json");
    let mut results = json(&path);
    results["machine"]["cpu"] = json!("Another");
    fs::write(&path, results.to_string()).expect("written");

    let output = bench(
        folder.path(),
        &[&["models", "resnet14", "--measure"], &FILES[..]].concat(),
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains(" of Another "),
        "{}",
        errors(&output)
    );
    assert!(errors(&output).ends_with("measure all anew with --again\n"));
    let again = ["resnet14", "--measure", "--runs", "1", "--again"];
    models(folder.path(), &again);
    let names = json(&path)["models"].as_object().expect("names").clone();
    assert_eq!(names.keys().collect::<Vec<_>>(), ["resnet14"]);
}

#[test]
fn the_page_of_this_repository_shows_its_results() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = bench(&root, &["models"]);
    assert!(output.status.success(), "{}", errors(&output));
    assert!(
        String::from_utf8_lossy(&output.stdout) == include_str!("../../../../docs/models.md"),
        "make docs/models.md anew: `cargo run -p bench -- models --write`"
    );
}
