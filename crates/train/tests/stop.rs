//! Ending a run before its end: what is left can be used, and says what is true.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use common::{read, succeeds};
use serde_json::json;
use tempfile::tempdir;
use train::backend::DeviceChoice;
use train::{Evaluation, Event, Examination, Observer, Recipe, Summary, evaluate_run, fit};

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
        run,
        data: None,
        metrics: &[],
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
    let manifest = read(&run.join("checkpoints/manifest.json"));
    assert_eq!(
        manifest["last"],
        json!({"epoch": 1, "steps": 2, "complete": false})
    );
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
    assert_eq!(
        metrics.lines().count(),
        3,
        "train, valid, and test: {metrics}"
    );
    usable(&run);
}

#[cfg(unix)]
fn interrupted_at(line: &str, folder: &Path, arguments: &[&str]) -> ExitStatus {
    let mut child = Command::new(env!("CARGO_BIN_EXE_train"))
        .args(["--plain", "--out", "run", "--model", "resnet8"])
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    while !lines.next().expect("a line").expect("text").contains(line) {}
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status();
    assert!(sent.expect("kill").success());
    lines.for_each(drop);
    child.wait().expect("it ends")
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_with_what_it_has() {
    for (line, epochs, arguments) in [
        ("learns", 0, ["--batch-size", "1", "--epochs", "2"]),
        ("epoch 1/", 1, ["--limit", "64", "--epochs", "100000"]),
    ] {
        let folder = tempdir().expect("a folder");
        let status = interrupted_at(line, folder.path(), &arguments);
        assert_eq!(status.code(), Some(130));
        let summary = read(&folder.path().join("run/summary.json"));
        assert_eq!(summary["stopped"], true);
        assert!(summary["epochs"].as_u64().expect("a number") >= epochs);
        let evaluated = succeeds(folder.path(), &["eval", "run"]);
        assert!(evaluated.contains("accuracy"));
    }
}
