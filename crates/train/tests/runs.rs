//! Whole runs, of two training steps, on each embedded data set.

mod common;

use std::fs;
use std::path::Path;

use common::{read, succeeds, train};
use serde_json::Value;
use tempfile::tempdir;

const TWO_STEPS: [&str; 6] = ["--limit", "8", "--batch-size", "4", "--epochs", "1"];

/// What it prints.
fn fit(folder: &Path, out: &str, arguments: &[&str]) -> String {
    let arguments = [&["fit", "--out", out], &TWO_STEPS[..], arguments].concat();
    succeeds(folder, &arguments)
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("text")
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

fn interval(intervals: &Value, name: &str) -> [f64; 2] {
    let ends = [0, 1].map(|end| intervals[name][end].as_f64());
    ends.map(|end| end.expect("a number"))
}

/// How many images a confusion matrix has.
fn counted(confusion: &Value) -> u64 {
    let rows = confusion["counts"].as_array().expect("rows").iter();
    let cells = rows.flat_map(|row| row.as_array().expect("a row"));
    cells.map(|count| count.as_u64().expect("a count")).sum()
}

#[test]
fn a_classification_run_leaves_its_folder_and_can_be_applied() {
    let folder = tempdir().expect("a folder");
    let run = folder.path().join("run");
    let printed = fit(folder.path(), "run", &["--model", "resnet8"]);

    let summary = read(&run.join("summary.json"));
    assert_eq!(summary["model"], "resnet8");
    assert_eq!(summary["data"], "mnist-mini");
    assert_eq!(summary["task"], "classification");
    assert_eq!(summary["backend"], "flex");
    assert_eq!(summary["epochs"], 1);
    assert_eq!(summary["parameters"], 75_002);
    for key in ["seed", "seconds", "images_per_second"] {
        assert!(summary[key].is_number(), "{key}");
    }
    let accuracy = summary["test"]["accuracy"].as_f64().expect("a number");
    assert!((0.0..=1.0).contains(&accuracy));
    let [low, high] = interval(&summary["test_intervals"], "accuracy");
    assert!(low <= accuracy && accuracy <= high);
    let [accuracy, low, high] = [accuracy, low, high].map(|part| 100.0 * part);
    let line = format!("test accuracy {accuracy:.2} % ({low:.1} to {high:.1})");
    assert_eq!(printed.lines().last(), Some(line.as_str()));
    let confusion = read(&run.join("confusion.json"));
    assert_eq!(confusion["classes"].as_array().expect("names").len(), 10);
    assert_eq!(counted(&confusion), 8);

    let metrics = fs::read_to_string(run.join("metrics.jsonl")).expect("written");
    let records: Vec<Value> = metrics
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let splits: Vec<_> = records.iter().map(|record| &record["split"]).collect();
    assert_eq!(splits, ["train", "valid", "test"]);
    // Fractions in every split, of 8 images.
    for record in &records {
        let accuracy = record["accuracy"].as_f64().expect("a number");
        assert!((0.0..=1.0).contains(&accuracy), "{record}");
        assert_eq!((8.0 * accuracy).fract(), 0.0, "{record}");
    }
    assert_eq!(files(&run.join("checkpoints")), ["1", "2"]);
    assert_eq!(
        files(&run.join("checkpoints/2")),
        [
            "best.bpk",
            "manifest.json",
            "metrics.jsonl",
            "model.bpk",
            "optimizer.bpk",
            "progress.json"
        ]
    );

    // The evaluation is of the whole test set.
    let arguments = [
        "eval",
        "run",
        "--metrics",
        "all",
        "--confusion",
        "confusion.json",
    ];
    let evaluation = succeeds(folder.path(), &arguments);
    let evaluation: Value = serde_json::from_str(&evaluation).expect("JSON");
    for name in ["accuracy", "top5", "mean_auroc", "recall.7"] {
        let value = evaluation[name].as_f64().expect("a number");
        assert!((0.0..=1.0).contains(&value), "{name}");
        let [low, high] = interval(&evaluation["intervals"], name);
        assert!(low <= value && value <= high, "{name}");
    }
    assert!(counted(&read(&folder.path().join("confusion.json"))) > 8);

    let digit = image::GrayImage::new(28, 28);
    digit.save(folder.path().join("digit.png")).expect("writes");
    let prediction = succeeds(folder.path(), &["predict", "run", "digit.png"]);
    let prediction: Value = serde_json::from_str(&prediction).expect("JSON");
    assert_eq!(prediction[0]["image"], "digit.png");
    let probabilities = prediction[0]["probabilities"]
        .as_object()
        .expect("an object");
    let sum: f64 = probabilities.values().filter_map(Value::as_f64).sum();
    assert_eq!(probabilities.len(), 10);
    assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    let objects = train(
        folder.path(),
        &["predict", "run", "digit.png", "--instances"],
    );
    assert_eq!(
        String::from_utf8(objects.stderr).expect("text"),
        "error: the run 'run' has learned classification; objects are parts of masks, which \
         segmentation learns\n"
    );
}

#[test]
fn a_segmentation_run_leaves_overlays_and_predicts_masks_of_the_images_size() {
    let folder = tempdir().expect("a folder");
    fit(folder.path(), "run", &["--data", "nuclei-mini"]);

    let summary = read(&folder.path().join("run/summary.json"));
    assert_eq!(summary["task"], "segmentation");
    let iou = summary["test"]["mean_iou"].as_f64().expect("a number");
    let nucleus = summary["test"]["iou.nucleus"].as_f64().expect("a number");
    assert!((0.0..=1.0).contains(&nucleus));
    assert!((0.0..=1.0).contains(&iou));
    assert_eq!(files(&folder.path().join("run/samples")).len(), 8);

    let image = image::GrayImage::new(100, 60);
    image.save(folder.path().join("cells.png")).expect("writes");
    succeeds(
        folder.path(),
        &["predict", "run", "cells.png", "--out", "masks"],
    );
    let masks = folder.path().join("masks");
    assert_eq!(files(&masks), ["cells_mask.png", "cells_overlay.png"]);
    let mask = image::open(masks.join("cells_mask.png")).expect("reads");
    assert_eq!([mask.width(), mask.height()], [100, 60]);

    let arguments = [
        "predict",
        "run",
        "cells.png",
        "--instances",
        "--out",
        "objects",
    ];
    succeeds(folder.path(), &arguments);
    let objects = folder.path().join("objects");
    let names = [
        "cells_instances.png",
        "cells_mask.png",
        "cells_overlay.png",
        "objects.csv",
    ];
    assert_eq!(files(&objects), names);
    let numbers = image::open(objects.join("cells_instances.png")).expect("reads");
    assert_eq!(numbers.color(), image::ColorType::L16);
    let numbers = numbers.to_luma16();
    let table = fs::read_to_string(objects.join("objects.csv")).expect("written");
    let mask = mask.to_luma8();
    for (line, number) in table.lines().skip(1).zip(1..) {
        let columns: Vec<_> = line.split(',').collect();
        assert_eq!(
            columns[..3],
            ["cells.png", &i32::to_string(&number), "nucleus"]
        );
        let own = numbers.pixels().filter(|own| i32::from(own.0[0]) == number);
        assert_eq!(columns[3], own.count().to_string());
    }
    let both = numbers.pixels().zip(mask.pixels());
    assert!(
        both.into_iter()
            .all(|(number, mask)| (number.0[0] > 0) == (mask.0[0] > 0))
    );
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let folder = tempdir().expect("a folder");
    let metrics = |out: &str, seed| {
        fit(folder.path(), out, &["--model", "resnet8", "--seed", seed]);
        fs::read_to_string(folder.path().join(out).join("metrics.jsonl")).expect("written")
    };
    let first = metrics("first", "7");
    assert_eq!(first, metrics("second", "7"));
    assert_ne!(first, metrics("third", "8"));
}

#[test]
fn a_run_can_be_repeated_from_its_config_file() {
    let folder = tempdir().expect("a folder");
    fit(
        folder.path(),
        "first",
        &["--model", "resnet8", "--lr", "0.01"],
    );
    let config = "first/config.json";
    succeeds(folder.path(), &["--config", config, "--out", "second"]);
    let metrics = |out| fs::read_to_string(folder.path().join(out).join("metrics.jsonl"));
    assert_eq!(
        metrics("first").expect("written"),
        metrics("second").expect("written")
    );
}

#[test]
fn a_folder_of_ones_own_images_is_learned() {
    let folder = tempdir().expect("a folder");
    for (class, value) in [("dark", 10), ("light", 240)] {
        let path = folder.path().join("mine/train").join(class);
        fs::create_dir_all(&path).expect("makes");
        for index in 0..10 {
            let image = image::RgbImage::from_pixel(20, 12, image::Rgb([value, value, 0]));
            image
                .save(path.join(format!("{index}.png")))
                .expect("writes");
        }
    }
    let arguments = ["--data", "mine", "--model", "resnet8", "--image-size", "16"];
    fit(folder.path(), "run", &arguments);
    let config = read(&folder.path().join("run/config.json"));
    assert_eq!(config["problem"]["classes"][1], "light");
    assert_eq!(config["problem"]["image"]["channels"], 3);
}

#[test]
fn the_models_are_listed_as_json() {
    let folder = tempdir().expect("a folder");
    let models = succeeds(folder.path(), &["models", "--json"]);
    let models: Vec<Value> = serde_json::from_str(&models).expect("JSON");
    let resnet50 = models.iter().find(|model| model["name"] == "resnet50");
    let resnet50 = resnet50.expect("in the registry");
    assert_eq!(resnet50["task"], "classification");
    assert_eq!(resnet50["skip"], "add");
    assert_eq!(resnet50["parameters"], 25_557_032);
    assert_eq!(resnet50["input"], serde_json::json!([3, 224, 224]));
}

#[test]
fn one_model_is_told_layer_by_layer() {
    let folder = tempdir().expect("a folder");
    let text = succeeds(folder.path(), &["models", "resnet18"]);
    assert!(
        text.starts_with(
            "resnet18: classification, add skips, input 3x224x224, 11,689,512 parameters, \
             1.814 GMACs, "
        ),
        "{text}"
    );
    let conv1 = text.lines().find(|line| line.starts_with("| conv1 "));
    let cells: Vec<_> = conv1.expect("a layer").split('|').map(str::trim).collect();
    let expected = [
        "conv1",
        "Conv2d 7x7",
        "3x224x224",
        "64x112x112",
        "9,408",
        "118.01",
        "3136.0",
    ];
    assert_eq!(cells[1..8], expected);

    let json = succeeds(folder.path(), &["models", "unet-resnet18", "--json"]);
    let model: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(model["name"], "unet-resnet18");
    assert_eq!(model["units"][1]["path"], "encoder.conv1");

    let printed = succeeds(
        folder.path(),
        &["models", "densenet121", "--svg", "dense.svg"],
    );
    assert_eq!(printed.trim(), "dense.svg");
    let svg = fs::read_to_string(folder.path().join("dense.svg")).expect("a picture");
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("prefers-color-scheme: dark"));
    assert_eq!(
        svg.matches("class=\"arc dense\" d=\"M").count(),
        21 + 78 + 300 + 136 + 1
    );
}

#[test]
fn the_best_epoch_is_chosen_by_any_metric_of_the_task() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    for (best, out) in [("average_precision", "one"), ("iou.nucleus", "two")] {
        fit(folder, out, &["--data", "nuclei-mini", "--best", best]);
        let summary = read(&folder.join(out).join("summary.json"));
        assert_eq!(summary["best_by"], best);
        let metrics = fs::read_to_string(folder.join(out).join("metrics.jsonl"));
        let metrics = metrics.expect("written");
        let valid = metrics.lines().nth(1).expect("a line");
        let valid: Value = serde_json::from_str(valid).expect("JSON");
        assert!(valid[best].is_f64(), "{valid}");
        assert_eq!(valid[best], summary["best_value"]);
    }
    for best in ["luck", "iou", "iou.dog", "psnr"] {
        let output = train(folder, &["fit", "--data", "nuclei-mini", "--best", best]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        let expected = format!("error: --best {best}: must be one of: loss, ");
        assert!(message.starts_with(&expected), "{message}");
    }
    assert!(!folder.join("runs").exists());
}
