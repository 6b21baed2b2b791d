//! timm's `config.json`: `architecture`, and `pretrained_cfg` with all that timm's transforms follow
//! from.

use models::{Package, find_twin};
use serde::Deserialize;
use serde_json::Value;

use super::{Crop, CropMode, Declaration, Interpolation, spread};

/// What timm takes where nothing is said.
const CROP: f64 = 0.875;

#[derive(Deserialize)]
struct Outer {
    architecture: Option<String>,
    num_classes: Option<usize>,
    label_names: Option<Value>,
    #[serde(default)]
    pretrained_cfg: Option<Value>,
}

#[derive(Default, Deserialize)]
struct Inner {
    architecture: Option<String>,
    num_classes: Option<usize>,
    label_names: Option<Value>,
    input_size: Option<[usize; 3]>,
    interpolation: Option<String>,
    crop_pct: Option<f64>,
    crop_mode: Option<String>,
    mean: Option<Vec<f64>>,
    std: Option<Vec<f64>>,
}

pub(super) fn read(tree: Value) -> Result<Declaration, String> {
    let outer: Outer = serde_json::from_value(tree).map_err(|error| error.to_string())?;
    let inner = outer.pretrained_cfg.map(serde_json::from_value::<Inner>);
    let is_stated = inner.is_some();
    let inner = inner
        .transpose()
        .map_err(|error| format!("pretrained_cfg: {error}"))?
        .unwrap_or_default();
    let architecture = outer.architecture.or(inner.architecture);
    let channels = inner.input_size.map_or(3, |[channels, ..]| channels);
    // A list of names; timm also allows none, or tables.
    let labels = outer.label_names.or(inner.label_names);
    let labels = labels.and_then(|labels| serde_json::from_value::<Vec<String>>(labels).ok());
    let outputs = outer.num_classes.or(inner.num_classes);
    let crop = Crop {
        mode: crop_mode(inner.crop_mode.as_deref())?,
        fraction: inner.crop_pct.unwrap_or(CROP),
    };
    Ok(Declaration {
        network: format!("timm {}", architecture.as_deref().unwrap_or("network")),
        model: architecture.as_deref().and_then(model),
        // timm's word for a network without a classifier is 0.
        outputs: outputs.filter(|outputs| *outputs > 0),
        // Those of what it was trained on before are of no use.
        labels: labels.filter(|labels| Some(labels.len()) == outputs),
        channels: inner.input_size.map(|[channels, ..]| channels),
        size: inner.input_size.map(|[_, height, width]| [height, width]),
        crop: is_stated.then_some(crop),
        interpolation: inner
            .interpolation
            .as_deref()
            .map(interpolation)
            .transpose()?,
        mean: spread(inner.mean, channels),
        deviation: spread(inner.std, channels),
    })
}

/// Our name of an architecture; those that torchvision has too are called as there.
fn model(architecture: &str) -> Option<String> {
    let packages = [Package::Timm, Package::Torchvision];
    let twin = packages
        .iter()
        .find_map(|package| find_twin(*package, architecture));
    twin.map(|variant| variant.name().to_string())
}

fn crop_mode(name: Option<&str>) -> Result<CropMode, String> {
    match name {
        None | Some("center") => Ok(CropMode::Center),
        Some("squash") => Ok(CropMode::Squash),
        Some("border") => Ok(CropMode::Border),
        Some(other) => Err(format!(
            "crop_mode '{other}': must be center, squash or border"
        )),
    }
}

fn interpolation(name: &str) -> Result<Interpolation, String> {
    match name {
        "bilinear" => Ok(Interpolation::Bilinear),
        "bicubic" => Ok(Interpolation::Bicubic),
        other => Err(format!(
            "interpolation '{other}': must be bilinear or bicubic"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// That of `timm/resnet50.a1_in1k`, without what is not read.
    fn resnet50() -> Value {
        json!({
            "architecture": "resnet50",
            "num_classes": 1000,
            "num_features": 2048,
            "pretrained_cfg": {
                "tag": "a1_in1k",
                "input_size": [3, 224, 224],
                "test_input_size": [3, 288, 288],
                "interpolation": "bicubic",
                "crop_pct": 0.95,
                "test_crop_pct": 1.0,
                "crop_mode": "center",
                "mean": [0.485, 0.456, 0.406],
                "std": [0.229, 0.224, 0.225],
                "num_classes": 1000,
                "first_conv": "conv1",
                "classifier": "fc",
            }
        })
    }

    #[test]
    fn all_of_a_published_one_is_read() {
        let expected = Declaration {
            network: "timm resnet50".to_string(),
            model: Some("resnet50".to_string()),
            outputs: Some(1000),
            labels: None,
            channels: Some(3),
            size: Some([224, 224]),
            crop: Some(Crop {
                mode: CropMode::Center,
                fraction: 0.95,
            }),
            interpolation: Some(Interpolation::Bicubic),
            mean: Some(vec![0.485, 0.456, 0.406]),
            deviation: Some(vec![0.229, 0.224, 0.225]),
        };
        assert_eq!(Declaration::of(resnet50()), Ok(Some(expected)));
    }

    #[test]
    fn what_timm_fills_in_is_filled_in() {
        let tree =
            json!({"architecture": "resnet18", "pretrained_cfg": {"mean": [0.5], "std": [0.25]}});
        let found = read(tree).expect("whole");
        assert_eq!(found.mean, Some(vec![0.5; 3]));
        assert_eq!(found.deviation, Some(vec![0.25; 3]));
        assert_eq!(found.crop.map(|crop| crop.fraction), Some(0.875));
        assert_eq!((found.size, found.outputs), (None, None));
    }

    #[test]
    fn labels_may_stand_in_either_table() {
        let mut tree = resnet50();
        tree["num_classes"] = json!(2);
        tree["pretrained_cfg"]["label_names"] = json!(["cat", "dog"]);
        let labels = |tree| read(tree).expect("whole").labels;
        let pets = Some(vec!["cat".to_string(), "dog".to_string()]);
        assert_eq!(labels(tree.clone()), pets);
        tree["label_names"] = json!(["hen", "owl"]);
        let birds = Some(vec!["hen".to_string(), "owl".to_string()]);
        assert_eq!(labels(tree.clone()), birds);
        tree["num_classes"] = json!(3);
        assert_eq!(labels(tree), None, "of other classes");
    }

    #[test]
    fn an_architecture_that_is_not_here_has_no_model() {
        let mut tree = resnet50();
        tree["architecture"] = json!("vit_base_patch16_224");
        let found = read(tree).expect("whole");
        assert_eq!(found.model, None);
        assert_eq!(found.network, "timm vit_base_patch16_224");
    }

    #[test]
    fn a_network_without_a_classifier_has_no_outputs() {
        let mut tree = resnet50();
        tree["num_classes"] = json!(0);
        assert_eq!(read(tree).expect("whole").outputs, None);
    }
}
