//! Weights from a file, and to one.

mod common;

use common::{SHORT, succeeds, train};
use tempfile::tempdir;

#[test]
fn what_one_run_learned_another_starts_from() {
    let folder = tempdir().expect("a folder");
    let fit = |more: &[&'static str]| [&["fit"][..], &SHORT, more].concat();
    succeeds(folder.path(), &fit(&["--out", "first"]));
    succeeds(
        folder.path(),
        &["export", "first", "--safetensors", "first.safetensors"],
    );
    // With a rate of almost nothing, the second is the first.
    let still = [
        "--lr",
        "1e-12",
        "--weight-decay",
        "0",
        "--set",
        "schedule.warm_up=0",
    ];
    let second = ["--out", "second", "--weights", "first.safetensors"];
    succeeds(folder.path(), &fit(&[&second[..], &still].concat()));
    succeeds(
        folder.path(),
        &["export", "second", "--safetensors", "second.safetensors"],
    );
    let read = |name: &str| weights::Weights::read(&folder.path().join(name)).expect("readable");
    let [first, second] = ["first.safetensors", "second.safetensors"].map(read);
    let filters = |weights: &weights::Weights| {
        weights
            .get("layer1.0.conv1.weight")
            .expect("there")
            .values
            .clone()
    };
    let differences = filters(&first).into_iter().zip(filters(&second));
    let largest = differences
        .map(|(one, other)| (one - other).abs())
        .fold(0.0, f32::max);
    assert!(largest < 1e-6, "{largest}");
}

#[test]
fn weights_that_do_not_fit_are_refused_with_what_does_not() {
    let folder = tempdir().expect("a folder");
    let fit = |model: &str, more: &[&str]| {
        let own = ["fit", "--limit", "8", "--epochs", "1", "--model", model];
        train(folder.path(), &[&own[..], more].concat())
    };
    assert!(fit("resnet8", &["--out", "run"]).status.success());
    succeeds(
        folder.path(),
        &["export", "run", "--safetensors", "w.safetensors"],
    );
    let refused = fit(
        "resnet14",
        &["--out", "other", "--weights", "w.safetensors"],
    );
    assert_eq!(refused.status.code(), Some(1));
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(
        message.contains("the weights do not fit the model: ") && message.contains("layer1.1."),
        "{message}"
    );
    assert!(!folder.path().join("other").exists());
    let missing = fit("resnet8", &["--out", "other", "--weights", "none.pth"]);
    let message = String::from_utf8_lossy(&missing.stderr);
    assert!(
        message.starts_with("error: there is no file 'none.pth'; "),
        "{message}"
    );
}
