//! `train data`.

mod common;

use std::fs;
use std::path::Path;

use common::{SHORT, succeeds, train};
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

/// Two squares that touch in each image of 48x40, and the map that numbers them.
fn squares() -> TempDir {
    let folder = tempdir().expect("a folder");
    for kind in ["images", "instances"] {
        fs::create_dir_all(folder.path().join("train").join(kind)).expect("makes");
    }
    for index in 0..10 {
        let number = |x: u32, y: u32| match (x.checked_sub(index), y) {
            (Some(0..8), 10..20) => 300,
            (Some(8..16), 10..20) => 2,
            _ => 0u16,
        };
        let path = |kind: &str| folder.path().join(format!("train/{kind}/{index}.png"));
        let map = image::ImageBuffer::from_fn(40, 48, |x, y| image::Luma([number(x, y)]));
        map.save(path("instances")).expect("writes");
        let image = image::GrayImage::from_fn(40, 48, |x, y| {
            image::Luma([if number(x, y) > 0 { 200 } else { 20 }])
        });
        image.save(path("images")).expect("writes");
    }
    folder
}

#[test]
fn instance_maps_are_learned_in_tiles_and_told_apart() {
    let folder = squares();
    let text = succeeds(folder.path(), &["data", ".", "--set", "data.mask_border=2"]);
    assert!(text.contains("| border"), "{text}");
    let fit = [
        "fit",
        "--data",
        ".",
        "--model",
        "unet8",
        "--epochs",
        "1",
        "--out",
        "run",
        "--image-size",
        "32",
        "--set",
        "data.mask_border=2",
        "--set",
        r#"data.fit={"tiles": {"overlap": 8}}"#,
        "--set",
        r#"loss.terms=[{"name": "boundary_cross_entropy"}]"#,
        "--set",
        r#"test.metrics=["average_precision", "panoptic_quality", "aji"]"#,
    ];
    succeeds(folder.path(), &fit);
    let run = folder.path().join("run");
    let read = |name: &str| common::read(&run.join(name));
    // An image is tested as a whole, and learned from in four tiles.
    let splits = read("splits.json");
    let names = |part: &str| splits[part].as_array().expect("names").len();
    assert_eq!([names("train"), names("valid"), names("test")], [32, 4, 1]);
    let aji = read("summary.json")["test"]["aji"]
        .as_f64()
        .expect("a number");
    assert!((0.0..=1.0).contains(&aji));
    let sample = fs::read_dir(run.join("samples")).expect("a folder").next();
    let sample = image::open(sample.expect("one").expect("an entry").path()).expect("a picture");
    assert_eq!(sample.height(), 48);
    succeeds(
        folder.path(),
        &["eval", "run", "--tile", "48", "--overlap", "16"],
    );
    let predict = [
        "predict",
        "run",
        "train/images/0.png",
        "--instances",
        "--tile",
        "32",
        "--out",
        "found",
    ];
    succeeds(folder.path(), &predict);
    let found = image::open(folder.path().join("found/0_instances.png")).expect("a picture");
    assert_eq!([found.width(), found.height()], [40, 48]);
    let wrong = |arguments: &[&str]| {
        let arguments = [
            &["predict", "run", "train/images/0.png", "--out", "b"],
            arguments,
        ];
        let output = train(folder.path(), &arguments.concat());
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("text")
    };
    assert_eq!(
        wrong(&["--tile", "16", "--overlap", "16"]),
        "error: tiles of 16x16 that overlap by 16: the overlap must be below the tile's sides\n"
    );
    let classes = [
        "fit", "--limit", "64", "--model", "resnet8", "--epochs", "1", "--out", "mnist",
    ];
    succeeds(folder.path(), &classes);
    let digits = train(folder.path(), &["eval", "mnist", "--tile", "32"]);
    assert_eq!(
        String::from_utf8(digits.stderr).expect("text"),
        "error: what was learned is classification; answers can be joined of tiles where they are \
         masks or pictures\n"
    );
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
        "2",
    ];
    let fails = train(folder.path(), &[&arguments[..], &["--out", "a"]].concat());
    assert!(!fails.status.success());
    let skips = ["--out", "b", "--on-bad-image", "skip"];
    let run = train(folder.path(), &[&arguments[..], &skips].concat());
    let told = String::from_utf8(run.stderr).expect("text");
    assert!(run.status.success(), "{told}");
    let line = "'0' is left out: the image '0.png' cannot be decoded: ";
    assert_eq!(told.matches(line).count(), 1, "{told}");
    let summary = fs::read_to_string(Path::new(folder.path()).join("b/summary.json"));
    let summary: Value = serde_json::from_str(&summary.expect("written")).expect("JSON");
    assert_eq!(summary["images"], 14);
}

#[test]
fn a_run_tells_of_images_that_are_in_two_parts() {
    let folder = mine();
    fs::copy(folder.path().join("1.png"), folder.path().join("15.png")).expect("copies");
    let fit = |duplicates: &str| {
        let set = format!("data.duplicates={duplicates}");
        let own = ["--data", "index.csv", "--image-size", "16", "--set", &set];
        let skip = ["--set", "data.on_bad_image=skip"];
        let arguments = [&["fit"], &own[..], &skip, &SHORT].concat();
        let output = train(folder.path(), &arguments);
        let error = String::from_utf8(output.stderr).expect("text");
        (output.status.success(), error)
    };
    let pair = "1 image is in more than one part, as 'train/1' is 'test/15'; ";
    let (ends, told) = fit("tell");
    assert!(ends && told.contains(pair), "{told}");
    let (ends, told) = fit("allow");
    assert!(ends && !told.contains("more than one part"), "{told}");
    let (ends, told) = fit("refuse");
    assert!(!ends && told.contains(pair), "{told}");
}
