//! The commands of docs/training.md and docs/weights.md do what these guides say.

mod common;

use std::fs;
use std::path::Path;

use common::{NO_HUB, at_hub, class_folders, succeeds};
use image::RgbImage;
use serde_json::json;
use tempfile::tempdir;
use weights::Weights;

const TRAINING: &str = include_str!("../../../docs/training.md");
const WEIGHTS: &str = include_str!("../../../docs/weights.md");

/// Runs the commands of a guide in a folder, one after the other, and gives what they say on standard
/// error. They are as a shell reads them, for none needs quotes. Those that train have `less` behind,
/// so that they take a moment.
fn follow(guide: &str, folder: &Path, less: &[&str]) -> String {
    let lines = guide.lines();
    let commands = lines.filter_map(|line| line.strip_prefix("cargo run -p train -- "));
    let commands: Vec<Vec<_>> = commands.map(|line| line.split(' ').collect()).collect();
    assert!(commands.len() >= 6, "{commands:?}");
    let mut told = String::new();
    for mut command in commands {
        if matches!(command[0], "fit" | "find-lr") {
            command.extend(less);
        }
        let output = at_hub(folder, NO_HUB, true, &command);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?} failed: {error}");
        told += &error;
    }
    told
}

fn are_there(folder: &Path, files: &[&str]) {
    for file in files {
        assert!(folder.join(file).is_file(), "{file}");
    }
}

#[test]
fn every_command_of_the_guide_to_training_succeeds() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    follow(TRAINING, folder, &["--limit", "32"]);
    let files = ["digits", "short", "seeds", "folds"];
    let files = files.map(|name| format!("runs/{name}/summary.json"));
    are_there(folder, &files.each_ref().map(String::as_str));
    let picture = fs::read_to_string(folder.join("rates.svg")).expect("drawn");
    assert!(picture.starts_with("<svg") && picture.contains("learning rate"));
}

#[test]
fn every_command_of_the_guide_to_weights_succeeds() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    images_of_the_reader(folder);
    weights_of_others(folder);
    let told = follow(WEIGHTS, folder, &["--limit", "8", "--epochs", "1"]);
    let files = [
        "masks/objects.csv",
        "clean/nuclei_001_values.png",
        "hub/model.safetensors",
        "hub/config.json",
        "others/nuclei_001_scores.npy",
        "photos.onnx",
        "resnet50.onnx",
    ];
    are_there(folder, &files);
    // What the guide shows is what is said.
    let says = |guide: &str| {
        let line = guide
            .lines()
            .find(|line| line.contains(": model.name=resnet50 "));
        line.map(str::to_string)
    };
    assert!(says(WEIGHTS).is_some());
    assert_eq!(says(&told), says(WEIGHTS));
}

/// What the guide takes to be there: the project's own images, and some of the reader's.
fn images_of_the_reader(folder: &Path) {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let here = folder.join("crates/train");
    fs::create_dir_all(&here).expect("a folder");
    for part in ["data", "tests"] {
        std::os::unix::fs::symlink(own.join(part), here.join(part)).expect("a link");
    }
    let photo = RgbImage::from_fn(120, 90, |x, y| image::Rgb([x as u8, y as u8, 99]));
    photo.save(folder.join("photo.jpg")).expect("writes");
    let [cats, dogs] = ["cats", "dogs"].map(str::to_string);
    class_folders(&folder.join("photos/train"), [cats, dogs], 10);
    let classes = || (0..1000).map(|class| format!("n{class:04}"));
    class_folders(&folder.join("imagenet/train"), classes(), 1);
    class_folders(&folder.join("imagenet/test"), classes().take(2), 1);
}

/// Weights by the names of those that the guide takes from elsewhere: those of a ResNet-50 that has
/// learned nothing, as files and in the hub's cache; and those of two smaller models, of which one has
/// other names.
fn weights_of_others(folder: &Path) {
    for model in ["resnet50", "resnet18", "unet8"] {
        // Alone: what lies beside them says what they are of.
        let file = format!("made/{model}/model.safetensors");
        succeeds(folder, &["export", model, "--safetensors", &file]);
    }
    let made = |model: &str| folder.join("made").join(model).join("model.safetensors");
    fs::hard_link(made("resnet50"), folder.join("resnet50.safetensors")).expect("linked");
    fs::hard_link(made("resnet18"), folder.join("resnet18.pth")).expect("linked");
    let unet = Weights::read(&made("unet8")).expect("readable");
    let names = unet.names().filter_map(|name| {
        let other = name.replace("encoder.", "down.");
        Some((other, unet.get(name)?.clone()))
    });
    let others = Weights::new("others", names).to_safetensors();
    fs::write(folder.join("others.pth"), others.expect("whole")).expect("writes");
    let map = json!([["encoder", "down"]]);
    fs::write(folder.join("names.json"), map.to_string()).expect("writes");
    let there = |path: &Path| fs::hard_link(folder.join("resnet50.safetensors"), path);
    // How a file begins says of what kind it is.
    there(&folder.join("resnet50.pth")).expect("linked");
    let cached = folder.join("cache/hub/models--timm--resnet50.a1_in1k");
    let commit = "0".repeat(40);
    let snapshot = cached.join("snapshots").join(&commit);
    for folder in [&snapshot, &cached.join("refs")] {
        fs::create_dir_all(folder).expect("a folder");
    }
    fs::write(cached.join("refs/main"), commit).expect("writes");
    there(&snapshot.join("model.safetensors")).expect("linked");
    let config = json!({
        "architecture": "resnet50",
        "num_classes": 1000,
        "pretrained_cfg": {
            "tag": "a1_in1k",
            "input_size": [3, 224, 224],
            "interpolation": "bicubic",
            "crop_pct": 0.95,
            "crop_mode": "center",
            "mean": [0.485, 0.456, 0.406],
            "std": [0.229, 0.224, 0.225],
        },
    });
    fs::write(snapshot.join("config.json"), config.to_string()).expect("writes");
}
