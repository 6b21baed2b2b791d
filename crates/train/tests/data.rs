//! `train data`.

mod common;

use std::fs;
use std::path::Path;

use common::{succeeds, train};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

/// Two classes of eight images, in files that an index lists; one cannot be read.
fn mine() -> TempDir {
    let folder = tempdir().expect("a folder");
    let mut lines = "image,label,split\n".to_string();
    for index in 0..16u8 {
        let value = if index % 2 == 0 {
            10 + index
        } else {
            200 + index
        };
        let image = image::RgbImage::from_pixel(20, 12, image::Rgb([value, 0, value]));
        let name = format!("{index}.png");
        image.save(folder.path().join(&name)).expect("writes");
        let part = [
            "train", "train", "train", "train", "valid", "valid", "test", "test",
        ];
        let label = ["dark", "light"][usize::from(index % 2)];
        lines += &format!("{name},{label},{}\n", part[usize::from(index % 8)]);
    }
    fs::write(folder.path().join("0.png"), "no image").expect("writes");
    fs::write(folder.path().join("index.csv"), lines).expect("writes");
    folder
}

#[test]
fn what_a_data_set_is_and_what_is_wrong_with_it() {
    let folder = mine();
    let text = succeeds(folder.path(), &["data", "index.csv"]);
    assert!(
        text.starts_with("classification, seen as 3x12x20\n"),
        "{text}"
    );
    assert!(
        text.contains("\n| light     |     4 |     2 |    2 |\n"),
        "{text}"
    );
    assert!(
        text.contains("\n1 things are wrong:\n- train/0: the image '0.png' cannot be decoded: "),
        "{text}"
    );
    let json = succeeds(folder.path(), &["data", "index.csv", "--json"]);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(report["parts"][0]["images"], 8);
    assert_eq!(report["parts"][0]["counts"], serde_json::json!([3, 4]));
}

#[test]
fn the_sheet_shows_what_training_sees() {
    let folder = mine();
    let sheet = |augmentation: &str| {
        let set = format!("augmentation={augmentation}");
        let arguments = ["data", "index.csv", "--preview", "sheet.png", "--set", &set];
        let text = succeeds(folder.path(), &arguments);
        assert!(text.contains("sheet.png shows, row by row:\n"), "{text}");
        image::open(folder.path().join("sheet.png")).expect("a picture")
    };
    let plain = sheet("[]");
    // Seven that can be read, in rows of three, each six times as large.
    assert_eq!([plain.width(), plain.height()], [3 * 124 + 4, 3 * 76 + 4]);
    let erased = sheet(r#"[{"erase": {"probability": 1}}]"#);
    assert_ne!(plain, erased);
    let output = train(
        folder.path(),
        &["data", "index.csv", "--set", "run.epochs=3"],
    );
    let error = String::from_utf8(output.stderr).expect("text");
    assert!(error.contains("unknown field `run`"), "{error}");
}

#[test]
fn a_run_leaves_images_out_that_cannot_be_read_where_that_is_wanted() {
    let folder = mine();
    let arguments = [
        "fit",
        "--data",
        "index.csv",
        "--model",
        "resnet8",
        "--epochs",
        "1",
    ];
    let fails = train(folder.path(), &[&arguments[..], &["--out", "a"]].concat());
    assert!(!fails.status.success());
    let skips = ["--out", "b", "--on-bad-image", "skip"];
    succeeds(folder.path(), &[&arguments[..], &skips].concat());
    let summary = fs::read_to_string(Path::new(folder.path()).join("b/summary.json"));
    let summary: Value = serde_json::from_str(&summary.expect("written")).expect("JSON");
    assert_eq!(summary["images"], 7);
}
