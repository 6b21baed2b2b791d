//! Ending a run before its end: what is left can be used, and says what is true.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{read, succeeds};
use serde_json::json;
use tempfile::tempdir;
use train::backend::DeviceChoice;
use train::{Evaluation, Event, Examination, Observer, Origin, Recipe, Summary, evaluate_run, fit};

/// Stops a run when so many batches were looked at.
struct StopAfter(usize);

impl Observer for StopAfter {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Batch { .. } = event {
            self.0 = self.0.saturating_sub(1);
        }
    }

    fn should_stop(&self) -> bool {
        self.0 == 0
    }
}

/// A run of 4 steps an epoch, stopped after so many batches.
fn stopped_after(batches: usize, out: &Path) -> Summary {
    let recipe = Recipe::with(json!({
        "model": {"name": "resnet8"},
        "data": {"limit": 16},
        "run": {"epochs": 5, "batch_size": 4},
    }));
    let mut observer = StopAfter(batches);
    fit(&recipe.expect("whole"), Some(out), &mut observer).expect("it ends")
}

/// The run's network can be measured.
fn usable(run: &Path) -> Evaluation {
    let examination = Examination {
        origin: Origin::Run(run),
        data: None,
        metrics: &[],
        tiles: None,
        backend: "flex",
        device: DeviceChoice::Cpu,
    };
    evaluate_run(examination).expect("usable")
}

#[test]
fn a_run_that_is_stopped_in_its_first_epoch_keeps_its_last_parameters() {
    let folder = tempdir().expect("a folder");
    let run = folder.path().join("run");
    let summary = stopped_after(1, &run);
    assert!(summary.stopped);
    assert_eq!((summary.epochs, summary.best_epoch), (0, None));
    // A batch is looked at when the next is under way.
    assert_eq!(summary.images, 8);
    let speed = summary.images as f64 / summary.seconds;
    assert_eq!(summary.images_per_second, speed);
    let written = read(&run.join("summary.json"));
    assert_eq!(written["stopped"], true);
    assert_eq!(written["epochs"], 0);
    assert!(usable(&run).values.get("accuracy").is_some());
    let progress = read(&run.join("checkpoints/2/progress.json"));
    assert_eq!(progress["epochs"], 0);
    assert_eq!(progress["batches"], 2);
}

#[test]
fn a_run_that_is_stopped_later_keeps_its_best_epoch() {
    let folder = tempdir().expect("a folder");
    let run = folder.path().join("run");
    // An epoch has 4 batches to learn from and 4 to validate.
    let summary = stopped_after(10, &run);
    assert!(summary.stopped);
    assert_eq!((summary.epochs, summary.best_epoch), (1, Some(1)));
    assert!(
        (16 + 8..=16 + 12).contains(&summary.images),
        "{}",
        summary.images
    );
    let metrics = fs::read_to_string(run.join("metrics.jsonl")).expect("written");
    assert_eq!(metrics.lines().count(), 2, "train and valid: {metrics}");
    usable(&run);
}

/// Starts a run and sends it signals once it prints `line`; how it ends, and what it last says.
#[cfg(unix)]
fn signalled_at(line: &str, signals: &[&str], folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_train"))
        .args(["--plain", "--out", "run", "--model", "resnet8"])
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut errors = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut last = String::new();
    while !last.contains(line) {
        last = lines.next().expect("a line").expect("text");
    }
    for signal in signals {
        let id = child.id().to_string();
        let sent = Command::new("kill").args([*signal, id.as_str()]).status();
        assert!(sent.expect("kill").success());
        // It has come when it is told of.
        errors.next();
    }
    last = lines.last().map_or(last, |line| line.expect("text"));
    (
        child.wait().expect("it ends").code().expect("by itself"),
        last,
    )
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_run_that_can_go_on() {
    for (signal, line, epochs, arguments) in [
        ("-INT", "learns", 0, ["--batch-size", "1", "--epochs", "2"]),
        (
            "-TERM",
            "epoch 1/",
            1,
            ["--limit", "64", "--epochs", "100000"],
        ),
    ] {
        let folder = tempdir().expect("a folder");
        let (code, last) = signalled_at(line, &[signal], folder.path(), &arguments);
        assert_eq!(code, 130);
        assert!(
            last.starts_with("go on with: ") && last.ends_with(" resume 'run'"),
            "{last}"
        );
        let summary = read(&folder.path().join("run/summary.json"));
        assert_eq!(summary["stopped"], true);
        assert!(summary["epochs"].as_u64().expect("a number") >= epochs);
        let evaluated = succeeds(folder.path(), &["eval", "run"]);
        assert!(evaluated.contains("accuracy"));
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = tempdir().expect("a folder");
    // A step of so many images outlasts what comes between the two.
    let arguments = ["--batch-size", "5000", "--epochs", "3"];
    let (code, last) = signalled_at("epoch 1/", &["-INT", "-INT"], folder.path(), &arguments);
    assert_eq!(code, 130);
    assert!(last.starts_with("epoch 1/"), "{last}");
    let run = folder.path().join("run");
    assert!(!run.join("summary.json").exists());
    // What was saved before the step stays.
    assert!(run.join("checkpoints/1/progress.json").is_file());
}
