//! Runs that are stopped and go on, runs of which the metrics alone were kept, and runs in another
//! order: what was measured is the same.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use burn::module::Module;
use burn::tensor::Device;
use lab::{Epoch, Interrupted, Lab, Profile, Reporter, Run, RunPlan, Settings, Watcher};
use serde_json::{Value, json};
use train::Look;
use train::backend::DeviceChoice;
use weights::entries;

/// All networks of a program are drawn from one source: tests that draw take turns.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Somebody who wants the program to end after so many steps, and counts what is done.
struct Impatient {
    patience: usize,
    asked: Cell<usize>,
    done: Vec<String>,
}

impl Impatient {
    fn after(patience: usize) -> Self {
        Self {
            patience,
            asked: Cell::new(0),
            done: Vec::new(),
        }
    }

    fn patient() -> Self {
        Self::after(usize::MAX)
    }
}

impl Reporter for Impatient {
    fn progress(&mut self, _: &str) {}

    fn done(&mut self, line: &str) {
        self.done.push(line.to_string());
    }

    fn should_stop(&self) -> bool {
        self.asked.set(self.asked.get() + 1);
        self.asked.get() >= self.patience
    }
}

/// Sees the sum of all values of a network before each step.
struct Sums;

impl Watcher for Sums {
    type Seen = f64;

    fn key(&self) -> Value {
        json!("sums")
    }

    fn look(&mut self, network: Look<'_>) -> Result<Option<f64>> {
        // A running statistic is an update behind until somebody asks for it so.
        let entries = entries(&network.model.valid(), network.config)?;
        let values = entries.iter().flat_map(|entry| &entry.array.values);
        Ok(Some(values.copied().map(f64::from).sum()))
    }
}

fn settings(runs: &Path) -> Settings {
    Settings {
        profile: Profile::Tiny,
        seeds: vec![1],
        data: None,
        runs: runs.to_path_buf(),
        backend: "flex".to_string(),
        device: DeviceChoice::Default,
    }
}

/// A network that learns in six steps.
fn plan(shortcut: &str) -> RunPlan {
    let recipe = json!({
        "data": {"path": "mnist-mini"},
        "model": {"name": "resnet8", "encoder": {"width": 4, "shortcut": shortcut}},
        "run": {"batch_size": 8},
    });
    RunPlan::new(shortcut, 1, recipe)
}

fn train(runs: &Path, plans: &[RunPlan], reporter: &mut Impatient) -> Result<Vec<Run>> {
    Lab::new(settings(runs), reporter)?.train(plans)
}

/// What is measured of a run, beside how long it took.
fn measured(run: &Run) -> (&str, &[Epoch], Value) {
    (run.id(), &run.epochs, json!(run.summary.test))
}

#[test]
fn a_run_that_was_stopped_goes_on_and_ends_the_same() {
    let _turn = turn();
    let folder = tempfile::tempdir().expect("a folder");
    let watched = |runs: &str, reporter: &mut Impatient| {
        let mut lab = Lab::new(settings(&folder.path().join(runs)), reporter)?;
        lab.train_watched(&plan("plain"), &mut Sums)
    };
    let mut whole = Impatient::patient();
    let (run, seen) = watched("whole", &mut whole).expect("trains");
    assert_eq!(
        seen.keys().copied().collect::<Vec<_>>(),
        [0, 1, 2, 3, 4, 5, 6]
    );

    let mut first = Impatient::after(3);
    let error = watched("stopped", &mut first).expect_err("it is stopped");
    assert!(error.is::<Interrupted>(), "{error:#}");
    assert!(first.done.is_empty(), "{:?}", first.done);
    let mut rest = Impatient::patient();
    let (again, seen_again) = watched("stopped", &mut rest).expect("goes on");
    assert_eq!(measured(&again), measured(&run));
    assert_eq!(seen_again, seen);
    // It is asked after each step: none was done twice.
    assert_eq!(first.asked.get() + rest.asked.get(), whole.asked.get());
    assert_eq!(rest.done.len(), 1);
}

#[test]
fn a_run_without_its_network_counts_as_trained_and_says_that_it_has_none() {
    let _turn = turn();
    let folder = tempfile::tempdir().expect("a folder");
    let plans = [plan("plain")];
    let train = |reporter: &mut Impatient| train(folder.path(), &plans, reporter);
    let run = train(&mut Impatient::patient()).expect("trains").remove(0);
    assert!(run.learned(&Device::flex()).is_ok());
    for inside in fs::read_dir(&run.folder).expect("a folder") {
        let path = inside.expect("an entry").path();
        let is_kept = ["summary.json", "metrics.jsonl"].map(|name| path.ends_with(name));
        match path.is_dir() {
            _ if is_kept.contains(&true) => Ok(()),
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        }
        .expect("removes");
    }

    let mut reporter = Impatient::patient();
    let again = train(&mut reporter).expect("is trained").remove(0);
    assert_eq!(measured(&again), measured(&run));
    assert_eq!((reporter.asked.get(), reporter.done.len()), (0, 0));
    let error = again.learned(&Device::flex()).err().expect("no network");
    let expected = format!("'{}' has no network", run.folder.display());
    let error = format!("{error:#}");
    assert!(
        error.contains(&expected) && error.contains("remove it to train it again"),
        "{error}"
    );
}

#[test]
fn an_order_does_not_matter_and_nothing_is_trained_twice() {
    let _turn = turn();
    let folder = tempfile::tempdir().expect("a folder");
    let train = |runs: &str, shortcuts: [&str; 2], reporter: &mut Impatient| {
        train(&folder.path().join(runs), &shortcuts.map(plan), reporter).expect("trains")
    };
    let one = train("one", ["plain", "zero_pad"], &mut Impatient::patient());
    let other = train("other", ["zero_pad", "plain"], &mut Impatient::patient());
    assert_ne!(one[0].id(), one[1].id());
    assert_eq!(measured(&one[0]), measured(&other[1]));
    assert_eq!(measured(&one[1]), measured(&other[0]));

    let mut reporter = Impatient::patient();
    let again = train("one", ["zero_pad", "plain"], &mut reporter);
    assert_eq!(measured(&again[0]), measured(&one[1]));
    assert!(reporter.done.is_empty(), "{:?}", reporter.done);
}
