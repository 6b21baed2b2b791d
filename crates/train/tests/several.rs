//! Several runs of one recipe, and what their models say together.

mod common;

use std::fs;
use std::path::Path;

use common::read;
use serde_json::{Value, json};
use tempfile::tempdir;
use train::{Event, Observer, Recipe, Silent, Times, go_on, repeat};

fn recipe(data: Value) -> Recipe {
    Recipe::with(json!({
        "model": {"name": "resnet8"},
        "data": data,
        "run": {"epochs": 1, "batch_size": 8},
    }))
    .expect("whole")
}

fn replace(folder: &Path, by: &Path) {
    fs::remove_dir_all(folder).expect("there");
    fs::create_dir_all(folder.join("checkpoints")).expect("new");
    let newest = by.join("checkpoints/2");
    let copied = folder.join("checkpoints/2");
    fs::create_dir(&copied).expect("new");
    for file in fs::read_dir(newest).expect("there") {
        let file = file.expect("read").path();
        fs::copy(&file, copied.join(file.file_name().expect("a name"))).expect("copied");
    }
    for file in [
        "config.json",
        "splits.json",
        "summary.json",
        "metrics.jsonl",
    ] {
        fs::copy(by.join(file), folder.join(file)).expect("copied");
    }
}

#[test]
fn a_model_and_itself_say_what_it_says_alone() {
    let folder = tempdir().expect("a folder");
    let out = folder.path().join("runs");
    let recipe = recipe(json!({"path": "mnist-mini", "limit": 24}));
    repeat(&recipe, Times::Folds(2), &out, &mut Silent).expect("trains");
    let all = read(&out.join("summary.json"));
    let spread = all["test"]["mean_f1"]["values"].as_array().expect("values");
    assert_eq!(spread.len(), 2);
    replace(&out.join("fold-2"), &out.join("fold-1"));
    let repeated = go_on(&out, &mut Silent).expect("reads").expect("the end");
    let together = repeated.ensemble.expect("the same images");
    let alone = read(&out.join("fold-1/summary.json"));
    for name in ["loss", "accuracy", "balanced_accuracy", "mean_f1"] {
        let own = alone["test"][name].as_f64().expect("a number");
        let both = together.values.get(name).expect("measured");
        assert!((own - both).abs() < 1e-4, "{name}: {own} {both}");
    }
    assert!(together.intervals.contains_key("accuracy"));
}

#[test]
fn each_model_sees_images_at_its_own_scale() {
    let folder = tempdir().expect("a folder");
    let out = folder.path().join("runs");
    let recipe = recipe(json!({"path": "mnist-mini", "limit": 24}));
    repeat(&recipe, Times::Folds(2), &out, &mut Silent).expect("trains");
    let scale = |fold: &str| {
        let config = read(&out.join(fold).join("config.json"));
        config["problem"]["preprocessing"]["normalization"].clone()
    };
    assert_ne!(scale("fold-1"), scale("fold-2"));
    // In either order the mean is the same, whose scale comes first does not count.
    let values = || {
        let together = go_on(&out, &mut Silent).expect("reads").expect("the end");
        together.ensemble.expect("the same images").values
    };
    let before = values();
    let [one, two, aside] = ["fold-1", "fold-2", "aside"].map(|name| out.join(name));
    for [from, to] in [[&one, &aside], [&two, &one], [&aside, &two]] {
        fs::rename(from, to).expect("renames");
    }
    let after = values();
    let [before, after] = [before, after].map(|values| values.get("loss").expect("a loss"));
    assert!((before - after).abs() < 1e-5, "{before} {after}");
}

#[test]
fn what_one_has_learned_from_is_no_test_of_all() {
    let folder = tempdir().expect("a folder");
    let images = folder.path().join("images/train");
    for (class, light) in [("dark", 10), ("bright", 200)] {
        fs::create_dir_all(images.join(class)).expect("new");
        for number in 0..20_u8 {
            let image = image::GrayImage::from_pixel(16, 16, image::Luma([light + number]));
            let name = format!("{number}.png");
            image.save(images.join(class).join(name)).expect("writes");
        }
    }
    let path = folder.path().join("images");
    let recipe = recipe(json!({"path": path.to_str().expect("text")}));
    let out = folder.path().join("runs");
    let repeated = repeat(&recipe, Times::Seeds(2), &out, &mut Silent).expect("trains");
    assert!(repeated.expect("the end").ensemble.is_none());
    assert_eq!(read(&out.join("summary.json"))["ensemble"], Value::Null);
}

/// Stops when the second run has learned for an epoch of two.
#[derive(Default)]
struct StopInSecond {
    epochs: usize,
}

impl Observer for StopInSecond {
    fn event(&mut self, event: Event<'_>) {
        if let Event::EpochEnd { .. } = event {
            self.epochs += 1;
        }
    }

    fn should_stop(&self) -> bool {
        self.epochs >= 3
    }
}

#[test]
fn several_runs_go_on_after_a_stop() {
    let folder = tempdir().expect("a folder");
    let recipe = recipe(json!({"path": "mnist-mini", "limit": 16}));
    let recipe = recipe
        .changed(json!({"run": {"epochs": 2, "seed": 0}}))
        .expect("whole");
    let [straight, stopped] = ["straight", "stopped"].map(|name| folder.path().join(name));
    let times = Times::Seeds(3);
    repeat(&recipe, times, &straight, &mut Silent).expect("trains");
    let mut stop = StopInSecond::default();
    let stopped_runs = repeat(&recipe, times, &stopped, &mut stop).expect("trains");
    assert!(stopped_runs.is_none());
    assert!(!stopped.join("seed-2").exists() && !stopped.join("summary.json").exists());
    go_on(&stopped, &mut Silent)
        .expect("reads")
        .expect("the end");
    let [straight, stopped] = [straight, stopped].map(|out| read(&out.join("summary.json")));
    assert_eq!(straight, stopped);
}
