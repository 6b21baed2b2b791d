//! Going on with a run: what comes of it is the same to the bit as if it had never been stopped.

mod common;

use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use common::same::Outcome;
use common::{read, succeeds, train};
use serde_json::{Value, json};
use tempfile::tempdir;
use train::run_folder::RunFolder;
use train::{Event, Observer, Recipe, Silent, fit, resume};

/// Runs in this process take turns: what Burn draws at random is one sequence for the whole process.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

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

/// All that draws at random or remembers: dropped paths, shifted images, momentum, an average,
/// batches that are added up.
fn digits() -> Recipe {
    recipe(json!({
        "model": {"name": "resnet8", "encoder": {"drop_path_rate": 0.3}},
        "data": {"limit": 22},
        "run": {"epochs": 3, "batch_size": 4},
        "optimizer": {"average": 0.9, "accumulate": 2, "clip": 1.0},
    }))
}

/// Crops, adam, another task, checkpoints at every step.
fn nuclei() -> Recipe {
    recipe(json!({
        "data": {"path": "nuclei-mini", "limit": 6},
        "run": {"epochs": 2, "batch_size": 2, "checkpoint": {"steps": 1}},
    }))
}

fn recipe(changes: Value) -> Recipe {
    Recipe::with(changes).expect("whole")
}

/// The run as a whole, and stopped after so many batches, again and again.
fn is_the_same_when_stopped(recipe: &Recipe, stops: &[&[usize]]) {
    let folder = tempdir().expect("a folder");
    let whole = folder.path().join("whole");
    fit(recipe, Some(&whole), &mut Silent).expect("trains");
    for (index, stops) in stops.iter().enumerate() {
        let run = folder.path().join(index.to_string());
        let (first, others) = stops.split_first().expect("a stop");
        let summary = fit(recipe, Some(&run), &mut StopAfter(*first)).expect("stops");
        assert!(summary.stopped, "{stops:?}");
        for stop in others {
            let summary = resume(&run, None, &mut StopAfter(*stop)).expect("stops");
            assert!(summary.stopped, "{stops:?}");
        }
        let summary = resume(&run, None, &mut Silent).expect("goes on");
        assert!(!summary.stopped);
        assert_eq!(Outcome::of(&run), Outcome::of(&whole), "{stops:?}");
    }
    // What the optimizer remembers shows in the epochs after.
    for run in [&whole, &folder.path().join("0")] {
        resume(run, Some(recipe.run.epochs + 1), &mut Silent).expect("goes on");
    }
    assert_eq!(
        Outcome::of(&folder.path().join("0")),
        Outcome::of(&whole),
        "one more epoch"
    );
}

#[test]
fn a_stopped_classification_run_ends_as_if_it_had_not_been() {
    let _turn = turn();
    // An epoch has 6 batches to learn from and 6 to validate.
    is_the_same_when_stopped(&digits(), &[&[3, 6, 2], &[5], &[9], &[12], &[30]]);
}

/// An encoder that begins to learn a stage at a time, under two schedules.
#[test]
fn a_stopped_run_that_thaws_ends_as_if_it_had_not_been() {
    let _turn = turn();
    let freeze = json!({"parts": "encoder", "epochs": 1, "stage_epochs": 1, "lr": 0.05});
    let recipe = digits().changed(json!({"freeze": freeze})).expect("whole");
    is_the_same_when_stopped(&recipe, &[&[2, 6], &[7, 5], &[14]]);
}

#[test]
fn a_stopped_segmentation_run_ends_as_if_it_had_not_been() {
    let _turn = turn();
    is_the_same_when_stopped(&nuclei(), &[&[1, 1, 1], &[4], &[7]]);
}

#[test]
fn a_run_that_was_killed_before_its_first_checkpoint_begins_again() {
    let _turn = turn();
    let folder = tempdir().expect("a folder");
    let [whole, run] = ["whole", "run"].map(|name| folder.path().join(name));
    fit(&digits(), Some(&whole), &mut Silent).expect("trains");
    fit(&digits(), Some(&run), &mut StopAfter(1)).expect("stops");
    for number in ["1", "2"] {
        fs::remove_dir_all(run.join("checkpoints").join(number)).expect("there");
    }
    fs::create_dir(run.join("checkpoints/1.part")).expect("made");
    resume(&run, None, &mut Silent).expect("begins");
    assert_eq!(Outcome::of(&run), Outcome::of(&whole));
}

/// Copies the run's folder when an epoch ends: what a kill leaves.
struct CopyAt<'a> {
    epoch: usize,
    from: &'a Path,
    to: &'a Path,
}

impl Observer for CopyAt<'_> {
    fn event(&mut self, event: Event<'_>) {
        if let Event::EpochEnd { epoch, .. } = event
            && epoch == self.epoch
        {
            copy(self.from, self.to);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("new");
    for entry in fs::read_dir(from).expect("there") {
        let entry = entry.expect("read").path();
        let copied = to.join(entry.file_name().expect("a name"));
        match entry.is_dir() {
            true => copy(&entry, &copied),
            false => drop(fs::copy(&entry, &copied).expect("copied")),
        }
    }
}

#[test]
fn a_run_that_was_killed_between_checkpoints_tells_of_each_epoch_once() {
    let _turn = turn();
    let folder = tempdir().expect("a folder");
    let [whole, run] = ["whole", "run"].map(|name| folder.path().join(name));
    let mut killed = CopyAt {
        epoch: 2,
        from: &whole,
        to: &run,
    };
    fit(&digits(), Some(&whole), &mut killed).expect("trains");
    let lines = |run: &Path| {
        let metrics = fs::read_to_string(run.join("metrics.jsonl")).expect("written");
        metrics.lines().count()
    };
    assert_eq!(lines(&run), 4);
    resume(&run, None, &mut Silent).expect("goes on");
    assert_eq!(lines(&run), 7);
    assert_eq!(Outcome::of(&run), Outcome::of(&whole));
}

#[test]
fn a_run_without_a_whole_checkpoint_does_not_go_on() {
    let _turn = turn();
    let folder = tempdir().expect("a folder");
    let run = folder.path().join("run");
    fit(&digits(), Some(&run), &mut StopAfter(3)).expect("stops");
    for number in ["1", "2"] {
        fs::write(run.join("checkpoints").join(number).join("model.bpk"), "").expect("writes");
    }
    refuses(
        folder.path(),
        &["resume", "run"],
        "a checkpoint cannot be used and is kept as 'run/checkpoints/2-damaged': ",
    );
    refuses(
        folder.path(),
        &["resume", "run"],
        "error: the run 'run' cannot go on: none of its checkpoints is whole; start another run \
         with its recipe: fit --config run/config.json",
    );
}

/// Notes what it is told.
#[derive(Default)]
struct Told(Vec<String>);

impl Observer for Told {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Damaged(damaged) => self.0.push(format!("{:#}", damaged.error)),
            Event::Resumed { steps, rates, .. } => {
                self.0.push(format!("{steps} steps, {rates:?}"));
            }
            _ => {}
        }
    }
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_is_taken() {
    let _turn = turn();
    let folder = tempdir().expect("a folder");
    let [whole, run] = ["whole", "run"].map(|name| folder.path().join(name));
    fit(&nuclei(), Some(&whole), &mut Silent).expect("trains");
    fit(&nuclei(), Some(&run), &mut StopAfter(3)).expect("stops");
    let folder = RunFolder::open(&run).expect("a run");
    let newest = folder.newest_checkpoint().expect("one");
    let before = run.join(format!("checkpoints/{}", newest.number() - 1));
    let before = format!("{} steps", read(&before.join("progress.json"))["steps"]);
    let file = newest.path().join("optimizer.bpk");
    let mut bytes = fs::read(&file).expect("there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).expect("writes");
    let mut told = Told::default();
    resume(&run, None, &mut told).expect("goes on");
    assert!(
        told.0[0].contains("optimizer.bpk' is damaged"),
        "{told:?}",
        told = told.0
    );
    assert!(told.0[1].starts_with(&before), "{told:?}", told = told.0);
    let kept = format!("checkpoints/{}-damaged/optimizer.bpk", newest.number());
    assert!(run.join(kept).is_file());
    assert_eq!(Outcome::of(&run), Outcome::of(&whole));
}

#[test]
fn a_run_that_has_ended_can_be_made_longer_and_says_what_the_schedule_does() {
    let folder = tempdir().expect("a folder");
    let arguments = [
        "--limit",
        "8",
        "--batch-size",
        "4",
        "--epochs",
        "1",
        "--out",
        "run",
    ];
    succeeds(
        folder.path(),
        &[&["--model", "resnet8"], &arguments[..]].concat(),
    );
    let refused = train(folder.path(), &["resume", "run"]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&refused.stderr),
        "error: the run 'run' has ended, after 1 epochs; give more with --epochs\n"
    );
    let printed = succeeds(folder.path(), &["resume", "run", "--epochs", "2"]);
    assert!(
        printed.starts_with(
            "goes on after 1 epochs and 2 steps; the schedule is laid over all epochs: the \
             learning rate is 3.7"
        ),
        "{printed}"
    );
    let run = folder.path().join("run");
    assert_eq!(read(&run.join("config.json"))["run"]["epochs"], 2);
    assert_eq!(read(&run.join("summary.json"))["epochs"], 2);
    let metrics = fs::read_to_string(run.join("metrics.jsonl")).expect("written");
    assert_eq!(metrics.lines().count(), 5, "{metrics}");
}

fn refuses(folder: &Path, arguments: &[&str], expected: &str) {
    let refused = train(folder, arguments);
    assert_eq!(refused.status.code(), Some(1));
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn a_run_does_not_go_on_with_another_recipe_or_other_images() {
    let _turn = turn();
    let folder = tempdir().expect("a folder");
    let run = folder.path().join("run");
    fit(&digits(), Some(&run), &mut StopAfter(3)).expect("stops");
    let config = fs::read_to_string(run.join("config.json")).expect("written");
    let changed = |from: &str, to: &str| {
        assert!(config.contains(from), "{config}");
        fs::write(run.join("config.json"), config.replacen(from, to, 1)).expect("writes");
    };
    changed("\"seed\": 1", "\"seed\": 2");
    refuses(
        folder.path(),
        &["resume", "run"],
        "error: run.seed is another in config.json than when the run was stopped; put it back, ",
    );
    changed("\"limit\": 22", "\"limit\": 21");
    refuses(
        folder.path(),
        &["resume", "run"],
        "error: data.limit is another in config.json",
    );
    changed("\"classes\": [", "\"classes\": [\"none\", ");
    refuses(
        folder.path(),
        &["resume", "run"],
        "error: the images of 'mnist-mini' are not those that the run 'run' was made with; ",
    );
}

#[test]
fn a_run_does_not_go_on_with_other_answers() {
    let _turn = turn();
    let folder = tempdir().expect("a folder");
    let images = folder.path().join("images");
    fs::create_dir(&images).expect("new");
    let mut index = "image,label\n".to_string();
    for number in 0..16_u8 {
        let image = image::GrayImage::from_pixel(16, 16, image::Luma([number * 15]));
        image
            .save(images.join(format!("{number}.png")))
            .expect("writes");
        index += &format!(
            "{number}.png,{}\n",
            ["dark", "bright"][usize::from(number / 8)]
        );
    }
    fs::write(images.join("index.csv"), &index).expect("writes");
    let recipe = recipe(json!({
        "model": {"name": "resnet8"},
        "data": {"path": images.to_str().expect("text")},
        "run": {"epochs": 2, "batch_size": 4},
    }));
    let run = folder.path().join("run");
    fit(&recipe, Some(&run), &mut StopAfter(3)).expect("stops");
    let swapped = index
        .replace("dark", "dim")
        .replace("bright", "dark")
        .replace("dim", "bright");
    fs::write(images.join("index.csv"), swapped).expect("writes");
    let error = resume(&run, None, &mut Silent).expect_err("other answers");
    let message = error.to_string();
    assert!(message.starts_with("the answers of '"), "{message}");
    fs::write(images.join("index.csv"), index).expect("writes");
    resume(&run, None, &mut Silent).expect("goes on");
}

#[test]
fn two_programs_do_not_write_into_one_run() {
    /// Asks for the same run while it goes on.
    struct Second<'a>(&'a Path, Option<String>);

    impl Observer for Second<'_> {
        fn event(&mut self, event: Event<'_>) {
            if let Event::Batch { .. } = event
                && self.1.is_none()
            {
                let error = resume(self.0, None, &mut Silent).expect_err("taken");
                self.1 = Some(error.to_string());
            }
        }
    }

    let _turn = turn();
    let folder = tempdir().expect("a folder");
    let run = folder.path().join("run");
    let mut second = Second(&run, None);
    fit(&digits(), Some(&run), &mut second).expect("trains");
    let message = second.1.expect("asked");
    assert!(
        message.starts_with("another program is at work on the run '"),
        "{message}"
    );
}

#[test]
fn a_time_is_all_that_a_run_takes() {
    let _turn = turn();
    let folder = tempdir().expect("a folder");
    let run = folder.path().join("run");
    let recipe = recipe(json!({
        "model": {"name": "resnet8"},
        "data": {"limit": 16},
        "run": {"minutes": 0.05, "batch_size": 4},
    }));
    let summary = fit(&recipe, Some(&run), &mut Silent).expect("trains");
    assert!(summary.epochs > 0 && !summary.stopped);
    assert!(summary.seconds >= 2.0, "{}", summary.seconds);
    let refused = resume(&run, None, &mut Silent).expect_err("at its end");
    assert!(refused.to_string().contains("has ended"), "{refused}");
}
