//! The program as a user has it: all experiments on next to nothing, and their page in a browser.

#[path = "tiny/browser.rs"]
mod browser;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use lab::experiments::EXPERIMENTS;
use serde_json::Value;

fn lab(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.current_dir(folder).args(arguments);
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn all_experiments_run_are_not_run_again_and_make_a_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let tiny = ["run", "--profile", "tiny", "--seeds", "2"];
    let first = lab(folder.path(), &tiny);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let out = folder.path().join("lab/tiny");
    let numbers: Value = read(&out.join("lab.json"));
    let listed = numbers["experiments"].as_array().expect("a list");
    let names: Vec<_> = listed
        .iter()
        .map(|one| one["name"].as_str().expect("a name"))
        .collect();
    let all: Vec<_> = EXPERIMENTS.iter().map(|entry| entry.name).collect();
    assert_eq!(names, all);
    for (entry, shown) in EXPERIMENTS.iter().zip(listed) {
        let claims = shown["claims"].as_array().expect("a list");
        assert_eq!(claims.len(), (entry.plan)().claims.len(), "{}", entry.name);
        assert!(
            shown["runs"]
                .as_array()
                .is_some_and(|runs| !runs.is_empty()),
            "{}",
            entry.name
        );
    }
    for (name, figure) in [
        ("degradation", "6.97"),
        ("highway_depth", "below 0.0001"),
        ("feature_reuse", "4.51"),
        ("beyond", "5.25"),
    ] {
        let shown = listed.iter().find(|one| one["name"] == name);
        let reported = shown.expect(name)["reported"].to_string();
        assert!(reported.contains(figure), "{name}: {reported}");
    }

    let again = lab(folder.path(), &tiny);
    let progress = text(&again.stderr);
    assert!(again.status.success(), "{progress}");
    assert!(
        !progress.contains("seed 1"),
        "something was trained again: {progress}"
    );
    assert_eq!(read::<Value>(&out.join("lab.json")), numbers);

    let page = out.join("index.html");
    let html = fs::read_to_string(&page).expect("a page");
    assert!(
        !html.contains("http-equiv=\"refresh\"") && !html.contains("src=\"http"),
        "from outside"
    );
    for entry in EXPERIMENTS {
        assert!(
            html.contains(&format!("<section id=\"{}\"", entry.name)),
            "{}",
            entry.name
        );
    }
    browser::reads(&html);
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases: [(&[&str], &str); 7] = [
        (
            &["run", "gravity"],
            "there is no experiment 'gravity'; there are: degradation",
        ),
        (
            &["run", "short"],
            "the names of several experiments begin with 'short': shortcuts, short_and_long",
        ),
        (&["run", "--seeds", "0"], "--seeds 0: must be at least 1"),
        (
            &["run", "--profile", "full"],
            "the full profile needs images",
        ),
        (
            &["run", "--profile", "full", "--data", "nowhere"],
            "there is no folder 'cifar10' in it",
        ),
        (
            &["run", "--profile", "tiny", "--backend", "abacus"],
            "there is no backend 'abacus'",
        ),
        (&["page"], "there are no results in 'lab/quick'"),
    ];
    for (arguments, expected) in cases {
        let output = lab(folder.path(), arguments);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(
            text(&output.stderr).contains(expected),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }
    let made: BTreeSet<_> = fs::read_dir(folder.path())
        .expect("readable")
        .flatten()
        .map(|made| made.path())
        .collect();
    assert!(made.iter().all(|path| path.ends_with("lab")), "{made:?}");
}

#[test]
fn every_experiment_says_what_it_expects() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = lab(folder.path(), &["list", "--json"]);
    let plans: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(plans.len(), EXPERIMENTS.len());
    for plan in plans {
        for key in ["title", "question", "design"] {
            assert!(
                plan[key].as_str().is_some_and(|text| !text.is_empty()),
                "{plan}"
            );
        }
        for key in ["claims", "papers"] {
            assert!(
                plan[key].as_array().is_some_and(|list| !list.is_empty()),
                "{plan}"
            );
        }
    }
}
