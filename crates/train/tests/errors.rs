//! What a user is told when something is wrong: exactly, with a failing exit code, and with
//! nothing overwritten.

mod common;

use std::fs;
use std::path::Path;

use common::{succeeds, train};
use tempfile::tempdir;

fn error(folder: &Path, arguments: &[&str]) -> String {
    let output = train(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn names_that_do_not_exist() {
    let folder = tempdir().expect("a folder");
    let error = |arguments| error(folder.path(), arguments);
    assert_eq!(
        error(&["--data", "nowhere"]),
        "error: there is no data set and no folder 'nowhere'; give a folder's path or one of: \
         mnist-mini, nuclei-mini, nuclei-noisy, nuclei-points\n"
    );
    assert_eq!(
        error(&["--backend", "abacus"]),
        "error: there is no backend 'abacus'; there are: flex, ndarray, wgpu, cuda\n"
    );
    let alike = "error: there is no model 'resnet21'; names like it are resnet20, resnet26, ";
    assert!(error(&["--model", "resnet21"]).starts_with(alike));
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_backend_that_is_not_compiled_in() {
    let folder = tempdir().expect("a folder");
    let compiled = train::backend::compiled_backends().join(", ");
    assert_eq!(
        error(folder.path(), &["--backend", "cuda"]),
        format!(
            "error: backend 'cuda' is not compiled in; add `--features cuda` before the `--` of \
             `cargo run`. Compiled in: {compiled}\n"
        )
    );
}

#[test]
fn a_device_that_the_backend_does_not_have() {
    let folder = tempdir().expect("a folder");
    assert_eq!(
        error(folder.path(), &["--device", "gpu:0"]),
        "error: backend 'flex' has no device 'gpu:0'; use default or cpu\n"
    );
}

#[test]
fn a_folder_that_is_taken_is_left_as_it_is() {
    let folder = tempdir().expect("a folder");
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).expect("makes");
    fs::write(taken.join("thesis.txt"), "42").expect("writes");
    assert_eq!(
        error(folder.path(), &["--out", "taken"]),
        "error: 'taken' is taken; give another folder with --out, or remove it\n"
    );
    assert_eq!(
        fs::read_to_string(taken.join("thesis.txt")).expect("reads"),
        "42"
    );
    assert_eq!(fs::read_dir(&taken).expect("reads").count(), 1);
}

#[test]
fn a_folder_without_images() {
    let folder = tempdir().expect("a folder");
    fs::create_dir(folder.path().join("mine")).expect("makes");
    assert_eq!(
        error(folder.path(), &["--data", "mine"]),
        "error: the folder 'mine' has no folder 'train' in it; it needs train/CLASS/IMAGE.png, or \
         train/images/IMAGE.png with train/masks/IMAGE.png\n"
    );
}

#[test]
fn an_image_that_cannot_be_read() {
    let folder = tempdir().expect("a folder");
    for class in ["a", "b"] {
        let path = folder.path().join("mine/train").join(class);
        fs::create_dir_all(&path).expect("makes");
        fs::write(path.join("broken.png"), "not a picture").expect("writes");
    }
    let message = error(folder.path(), &["--data", "mine", "--out", "run"]);
    let file = Path::new("mine/train/a/broken.png");
    assert!(
        message.starts_with(&format!(
            "error: the image '{}' cannot be decoded: ",
            file.display()
        )),
        "{message}"
    );
    assert!(!folder.path().join("run").exists(), "nothing is left over");
}

#[test]
fn a_configuration_with_a_wrong_key() {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join("wrong.json"), r#"{"epoch": 3}"#).expect("writes");
    let message = error(folder.path(), &["--config", "wrong.json"]);
    assert!(
        message.starts_with(
            "error: the configuration file 'wrong.json' is wrong: unknown field `epoch`"
        ),
        "{message}"
    );
    assert!(
        error(folder.path(), &["--config", "none.json"])
            .starts_with("error: the configuration file 'none.json' cannot be read: ")
    );
}

#[test]
fn a_run_that_is_none() {
    let folder = tempdir().expect("a folder");
    let expected = "error: 'none' is neither the folder of a run nor a network that comes with the \
                    program: resnet20.cifar10, unet.denoise, unet.nuclei\n";
    assert_eq!(error(folder.path(), &["eval", "none"]), expected);
    assert_eq!(
        error(folder.path(), &["eval", "."]),
        "error: '.' is not the folder of a run: it has no config.json\n"
    );
    assert_eq!(
        error(folder.path(), &["predict", "none", "x.png"]),
        expected
    );
}

#[test]
fn an_image_to_predict_that_is_missing_and_a_file_that_is_taken() {
    let folder = tempdir().expect("a folder");
    let fit = [
        "--model", "resnet8", "--limit", "4", "--epochs", "1", "--out", "run",
    ];
    succeeds(folder.path(), &fit);
    assert!(
        error(folder.path(), &["predict", "run", "missing.png"])
            .starts_with("error: the image 'missing.png' cannot be opened: ")
    );
    image::GrayImage::new(28, 28)
        .save(folder.path().join("digit.png"))
        .expect("writes");
    assert_eq!(
        error(
            folder.path(),
            &["predict", "run", "digit.png", "--out", "digit.png"]
        ),
        "error: 'digit.png' is taken; give another file with --out, or remove it\n"
    );
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_train"))
        .args(["models", "--json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_model_that_cannot_take_the_images_says_what_it_takes() {
    let folder = tempdir().expect("a folder");
    let unet = [
        "--data",
        "nuclei-mini",
        "--model",
        "unet",
        "--limit",
        "2",
        "--out",
        "run",
    ];
    let message = error(folder.path(), &unet);
    assert!(
        message.starts_with(
            "error: model 'unet' cannot take what the augmentation leaves of the images; without \
             any: --set augmentation=[]: images of 128x128: the model needs at least "
        ),
        "{message}"
    );
    assert!(!folder.path().join("run").exists(), "nothing is left over");
}
