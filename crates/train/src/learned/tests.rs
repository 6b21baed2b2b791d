//! What a network sees of a photo, beside what timm and torchvision show it: `tests/references`.

use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use super::*;
use crate::data::{Scaling, Size};
use crate::recipe::Layers;

fn references() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/references")
}

/// A folder with a file of weights, of which nothing is read here, and perhaps a `config.json`.
fn beside(config: Option<Value>) -> (TempDir, String) {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("w.safetensors");
    fs::write(&file, "").expect("writes");
    if let Some(config) = config {
        fs::write(folder.path().join("config.json"), config.to_string()).expect("writes");
    }
    let name = file.to_string_lossy().into_owned();
    (folder, name)
}

fn recipe(config: Option<Value>, given: Value) -> Result<Recipe> {
    let (_folder, weights) = beside(config);
    let layers = Layers::default()
        .over(None, json!({"model": {"weights": weights}}))
        .over(None, given);
    Ok(layers.resolve_to_apply()?.0)
}

/// How far what is seen is from what is to be seen, in steps of a byte: at the most, and on average.
fn apart(case: &Value, step: usize) -> [f64; 2] {
    let config = case
        .get("pretrained_cfg")
        .map(|cfg| json!({"architecture": "resnet50", "pretrained_cfg": cfg}));
    // Where nothing is said, the model is named.
    let given = match config {
        Some(_) => json!({}),
        None => json!({"model": {"name": "resnet50"}}),
    };
    let recipe = recipe(config, given).expect("whole");
    let image = image_of(&recipe).expect("a size");
    let preprocessing = preprocessing(&recipe, image).expect("a scale");
    let picture = preprocessing.read(&references().join("photo.png"));
    let tensor = preprocessing.tensor(picture.expect("a photo"), &Device::flex());
    let [_, channels, height, width] = tensor.dims();
    assert_eq!(json!([channels, height, width]), case["shape"]);
    let values = tensor.try_into_vec_as::<f32>().expect("reads");
    let deviation = match &recipe.data.normalization {
        Some(Scaling::Moments { deviation, .. }) => deviation.clone(),
        other => panic!("{other:?}"),
    };
    let mut expected = case["values"].as_array().expect("a list").iter();
    let mut steps = vec![];
    for (channel, deviation) in deviation.iter().enumerate() {
        for row in (0..height).step_by(step) {
            for column in (0..width).step_by(step) {
                let own = values[(channel * height + row) * width + column];
                let theirs = expected.next().and_then(Value::as_f64).expect("a value");
                let by = 255.0 * f64::from(*deviation);
                steps.push((f64::from(own) - theirs).abs() * by);
            }
        }
    }
    assert_eq!(expected.next(), None);
    let sum: f64 = steps.iter().sum();
    let most = steps.iter().copied().fold(0.0, f64::max);
    [most, sum / steps.len() as f64]
}

#[test]
fn a_network_sees_what_timm_and_torchvision_show_it() {
    let text = fs::read_to_string(references().join("inputs.json")).expect("committed");
    let reference: Value = serde_json::from_str(&text).expect("JSON");
    let step = reference["step"].as_u64().expect("a number") as usize;
    for case in reference["cases"].as_array().expect("a list") {
        let [most, mean] = apart(case, step);
        // Pillow rounds to bytes after each direction, and its weights to 22 bits.
        assert!(
            most < 1.01 && mean < 0.25,
            "{}: {most}, {mean}",
            case["name"]
        );
    }
}

#[test]
fn what_is_given_wins_over_what_follows() {
    let cfg = json!({
        "input_size": [3, 224, 224], "mean": [0.5], "std": [0.5], "crop_pct": 0.9,
        "interpolation": "bicubic",
    });
    let config = json!({"architecture": "resnet18", "pretrained_cfg": cfg});
    let given = json!({"data": {"size": 64, "fit": "stretch", "normalization": "image"}});
    let recipe = recipe(Some(config), given).expect("whole");
    let data = &recipe.data;
    assert_eq!(recipe.model.name, "resnet18");
    assert_eq!(data.size, Some(Size::Square(64)));
    assert_eq!(data.fit, Some(crate::data::Resizing::Stretch));
    assert_eq!(data.normalization, Some(Scaling::Image));
    let bicubic = crate::data::Interpolation::Bicubic;
    assert_eq!(
        data.interpolation,
        Some(bicubic),
        "what was not given follows"
    );
}

#[test]
fn what_is_not_known_is_asked_for() {
    let message = |config, given| format!("{:#}", recipe(config, given).expect_err("too little"));
    let message_of = message(None, json!({}));
    assert!(
        message_of.ends_with("give its name with --model"),
        "{message_of}"
    );
    let vit = json!({"architecture": "vit_base_patch16_224"});
    let message_of = message(Some(vit), json!({}));
    assert!(
        message_of.contains("are of timm vit_base_patch16_224, which is no model here"),
        "{message_of}"
    );
    for (config, name) in [
        (None, "resnet20"),
        (Some(json!({"architecture": "resnet18"})), "resnet18"),
    ] {
        let recipe = recipe(config, json!({"model": {"name": name}})).expect("a model");
        let image = image_of(&recipe).expect("a size");
        let message_of = preprocessing(&recipe, image).expect_err("too little");
        let message_of = message_of.to_string();
        assert!(
            message_of.contains("nothing says how the values of images are scaled"),
            "{message_of}"
        );
    }
}

#[test]
fn a_network_of_pixels_sees_images_as_large_as_they_are() {
    let unet = json!({
        "_model_class": "Unet", "encoder_name": "resnet18", "encoder_weights": "imagenet",
        "in_channels": 3, "classes": 1,
    });
    let recipe = recipe(Some(unet), json!({})).expect("whole");
    assert_eq!(recipe.model.name, "unet-resnet18");
    let image = image_of(&recipe).expect("a size");
    assert_eq!(preprocessing(&recipe, image).expect("a scale").size, None);
    let of = |outputs| {
        classes(&recipe, Task::Segmentation, None, outputs)
            .expect("names")
            .0
    };
    assert_eq!(of(1), ["background", "foreground"]);
    assert_eq!(of(3), ["0", "1", "2"]);
}
