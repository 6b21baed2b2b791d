//! The README's table is made from results.

use std::fs;
use std::path::Path;

use crate::{bench, errors};
use tempfile::tempdir;

const RESULTS: &str = r#"{
  "machine": {
    "cores": 2, "cpu": "A processor", "architecture": "x86_64", "instruction_sets": ["avx2"],
    "memory_mib": 2048, "system": "A system", "rustc": "rustc 1.95.0",
    "versions": {"burn": "0.22.1", "torch": "2.8.0"}
  },
  "cells": [
    {"case": "resnet20", "mode": "inference", "engine": "flex", "peer": false, "batch": 64,
     "input": [3, 32, 32], "dtype": "float32", "threads": 2, "parameters": 269722,
     "macs": 40551040, "runs": 7, "median_s": 0.5, "min_s": 0.4, "max_s": 0.6,
     "images_per_second": 128.0, "gflops": 10.4, "peak_rss_mib": 50.5, "ratio": 0.8},
    {"case": "resnet20", "mode": "inference", "engine": "torch", "peer": true, "batch": 64,
     "input": [3, 32, 32], "dtype": "float32", "threads": 2, "parameters": 269722,
     "macs": 40551040, "runs": 7, "median_s": 0.4, "min_s": 0.4, "max_s": 0.4,
     "images_per_second": 160.0, "gflops": 13.0, "peak_rss_mib": null, "ratio": null}
  ]
}"#;

const TABLE: &str = "\
before
<!-- bench: results/machine.json -->
Images per second, float32, on 2 cores of A processor (avx2), 2 GiB, A system, rustc 1.95.0; burn 0.22.1, torch 2.8.0.

| case | mode | batch | flex | torch | ratio |
|---|---|--:|--:|--:|--:|
| resnet20 | inference | 64 | 128.0 | 160.0 | 0.80 |
<!-- /bench -->
after
";

#[test]
fn the_table_is_made_from_results_and_checked() {
    let folder = tempdir().expect("a folder");
    let readme = folder.path().join("README.md");
    fs::write(&readme, "before\n<!-- bench -->\n<!-- /bench -->\nafter\n").expect("written");
    fs::create_dir(folder.path().join("results")).expect("made");
    let results = folder.path().join("results/machine.json");
    fs::write(results, RESULTS).expect("written");

    let check = ["readme", "--check"];
    assert!(
        bench(folder.path(), &check).status.success(),
        "no table yet"
    );
    let make = bench(
        folder.path(),
        &["readme", "--results", "results/machine.json"],
    );
    assert!(make.status.success(), "{}", errors(&make));
    assert_eq!(fs::read_to_string(&readme).expect("there"), TABLE);
    assert!(bench(folder.path(), &check).status.success());

    let retouched = TABLE.replace("0.80", "1.80");
    fs::write(&readme, &retouched).expect("written");
    let output = bench(folder.path(), &check);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        errors(&output),
        "error: the table in 'README.md' is not that of its results; run `cargo run -p bench -- \
         readme`\n"
    );
    assert_eq!(fs::read_to_string(&readme).expect("there"), retouched);
    assert!(bench(folder.path(), &["readme"]).status.success());
    assert_eq!(fs::read_to_string(&readme).expect("there"), TABLE);
}

#[test]
fn a_readme_without_a_place_for_the_table_is_left_alone() {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join("README.md"), "text\n").expect("written");
    let output = bench(folder.path(), &["readme"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        errors(&output),
        "error: 'README.md' has no comment '<!-- bench: RESULTS -->'\n"
    );
}

#[test]
fn the_readme_of_this_repository_shows_its_results() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = bench(&root, &["readme", "--check"]);
    assert!(output.status.success(), "{}", errors(&output));
}
