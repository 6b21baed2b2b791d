//! Weights in the place of a run, from files and from a hub on this machine.

mod common;
// The hub of that crate's own tests.
#[allow(dead_code)]
#[path = "../../hub/tests/hub/repository.rs"]
mod repository;
#[allow(dead_code)]
#[path = "../../hub/tests/hub/server.rs"]
mod server;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{NO_HUB, at_hub, class_folders, read, succeeds, train};
use image::{GrayImage, Luma};
use serde_json::{Value, json};
use server::{Reply, Server};
use tempfile::{TempDir, tempdir};

/// A run of a few digits, its weights as a file in a folder of their own, with a `config.json` that
/// says what the run does to images; and a picture.
struct Trained {
    folder: TempDir,
}

impl Trained {
    fn new() -> Self {
        let folder = tempdir().expect("a folder");
        let fit = [
            "fit", "--out", "run", "--model", "resnet8", "--limit", "40", "--epochs", "1",
        ];
        succeeds(folder.path(), &fit);
        fs::create_dir(folder.path().join("weights")).expect("a folder");
        let file = "weights/model.safetensors";
        succeeds(folder.path(), &["export", "run", "--safetensors", file]);
        let run = read(&folder.path().join("run/config.json"));
        let scale = &run["problem"]["preprocessing"]["normalization"]["data_set"];
        let config = json!({
            "architecture": "resnet8",
            "num_classes": 10,
            "pretrained_cfg": {
                "input_size": [1, 28, 28],
                "crop_pct": 1.0,
                "interpolation": "bilinear",
                "mean": scale["mean"],
                "std": scale["deviation"],
            },
        });
        fs::write(
            folder.path().join("weights/config.json"),
            config.to_string(),
        )
        .expect("writes");
        let picture = GrayImage::from_fn(30, 40, |column, row| {
            Luma([if (column / 4 + row / 5) % 3 == 0 {
                230
            } else {
                10
            }])
        });
        picture
            .save(folder.path().join("digit.png"))
            .expect("writes");
        // The run's own digits are square: so is the picture that both are asked about.
        let square = GrayImage::from_fn(28, 28, |column, row| *picture.get_pixel(column, row));
        square
            .save(folder.path().join("square.png"))
            .expect("writes");
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What a command prints, as JSON.
    fn says(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&succeeds(self.path(), arguments)).expect("JSON")
    }
}

const WEIGHTS: [&str; 4] = [
    "--model",
    "resnet8",
    "--weights",
    "weights/model.safetensors",
];

#[test]
fn weights_answer_as_the_run_that_they_are_of() {
    let own = Trained::new();
    let by_run = own.says(&["predict", "run", "square.png"]);
    let by_weights = own.says(&[&["predict", "square.png"], &WEIGHTS[..]].concat());
    assert_eq!(by_weights, by_run);
    let by_folder = [
        "predict",
        "square.png",
        "--model",
        "resnet8",
        "--weights",
        "weights",
    ];
    assert_eq!(own.says(&by_folder), by_run);
    let by_run = own.says(&["eval", "run"]);
    let by_weights = own.says(&[&["eval", "--data", "mnist-mini"], &WEIGHTS[..]].concat());
    assert_eq!(by_weights, by_run);
}

#[test]
fn what_follows_from_the_weights_is_told_and_what_is_given_wins() {
    let own = Trained::new();
    let told = |more: &[&str]| {
        let output = train(
            own.path(),
            &[&["predict", "digit.png"], &WEIGHTS[..], more].concat(),
        );
        assert!(output.status.success());
        String::from_utf8(output.stderr).expect("text")
    };
    let line = told(&[]);
    assert!(
        line.starts_with("weights/model.safetensors: data.size=28 ")
            && line.contains(r#"data.fit={"center_crop":{"fraction":1.0}}"#)
            && line.contains(r#"data.normalization={"moments":{"#),
        "{line}"
    );
    let line = told(&["--set", "data.size=32", "--set", "data.normalization=image"]);
    assert!(
        !line.contains("data.size") && !line.contains("data.normalization"),
        "{line}"
    );
}

#[test]
fn a_run_that_starts_from_weights_sees_images_as_they_say() {
    let own = Trained::new();
    let classes = ["a", "b"].map(str::to_string);
    class_folders(&own.path().join("data/train"), classes, 10);
    let fit = |out: &str, more: &[&str]| -> Value {
        let own_part = [
            "fit",
            "--data",
            "data",
            "--epochs",
            "1",
            "--new-head",
            "--out",
            out,
        ];
        succeeds(own.path(), &[&own_part, &WEIGHTS[..], more].concat());
        read(&own.path().join(out).join("config.json"))["problem"]["preprocessing"].clone()
    };
    let weights = read(&own.path().join("weights/config.json"));
    let scale = &weights["pretrained_cfg"];
    let seen = fit("first", &[]);
    assert_eq!(seen["size"], json!([28, 28]));
    assert_eq!(seen["resizing"], json!({"center_crop": {"fraction": 1.0}}));
    let moments = &seen["normalization"]["data_set"];
    assert_eq!(moments["mean"], scale["mean"]);
    assert_eq!(moments["deviation"], scale["std"]);
    let seen = fit(
        "second",
        &[
            "--image-size",
            "32",
            "--set",
            "data.fit=stretch",
            "--set",
            "data.normalization=measured",
        ],
    );
    assert_eq!(seen["size"], json!([32, 32]));
    assert_eq!(seen["resizing"], "stretch");
    assert_ne!(seen["normalization"]["data_set"]["mean"], scale["mean"]);
    // A recipe that was written is whole: the same again sees the same.
    let config = ["fit", "--config", "second/config.json", "--out", "third"];
    succeeds(own.path(), &config);
    let third = read(&own.path().join("third/config.json"));
    assert_eq!(third["problem"]["preprocessing"], seen);
}

#[test]
fn weights_come_from_a_hub_once_and_then_from_the_cache() {
    let own = Trained::new();
    let weights = fs::read(own.path().join("weights/model.safetensors")).expect("there");
    let config = fs::read(own.path().join("weights/config.json")).expect("there");
    let server = Server::new(move |request| match request.path.as_str() {
        repository::ELSEWHERE => Reply::part(request, &weights),
        path if path.ends_with("model.safetensors") => repository::large(&weights),
        path if path.ends_with("config.json") => repository::small(&config),
        _ => repository::no_entry(),
    });
    let arguments = [
        "predict",
        "--model",
        "resnet8",
        "--weights",
        repository::NAME,
        "square.png",
    ];
    let says = |output: Output| -> Value {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{error}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let first = at_hub(own.path(), &server.endpoint, false, &arguments);
    let progress = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(
        progress.contains("model.safetensors: ") && progress.contains(" MiB"),
        "{progress}"
    );
    let by_run = own.says(&["predict", "run", "square.png"]);
    assert_eq!(says(first), by_run);
    let asked = server.requests().len();
    assert_eq!(says(at_hub(own.path(), NO_HUB, true, &arguments)), by_run);
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn without_a_network_and_a_cache_there_is_a_clear_message_and_no_folder() {
    let folder = tempdir().expect("a folder");
    let arguments = ["fit", "--weights", "somebody/net", "--out", "run"];
    let output = at_hub(folder.path(), NO_HUB, true, &arguments);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.starts_with("error: 'model.safetensors' of somebody/net is not in the cache ")
            && message.contains("HF_HUB_OFFLINE"),
        "{message}"
    );
    assert!(!folder.path().join("run").exists());
}

#[test]
fn weights_of_another_model_are_told() {
    let own = Trained::new();
    let arguments = [
        "predict",
        "--model",
        "resnet14",
        "--weights",
        "weights",
        "square.png",
    ];
    let output = train(own.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains(
            "error: --weights weights and the model 'resnet14': the weights do not fit the model: "
        ),
        "{message}"
    );
}

#[test]
fn neither_a_run_nor_weights_is_told() {
    let folder = tempdir().expect("a folder");
    let output = train(folder.path(), &["eval"]);
    assert_eq!(output.status.code(), Some(2));
    let message = |arguments: &[&str]| {
        let output = train(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("text")
    };
    let none = message(&["predict", "run"]);
    assert_eq!(
        none,
        "error: no image is given; name image files after the run\n"
    );
    let none = message(&["predict", "--weights", "none.pth", "x.png"]);
    assert!(
        none.starts_with("error: there is no file 'none.pth'; "),
        "{none}"
    );
}
