//! timm's `config.json`: `architecture`, and `pretrained_cfg` with all that timm's transforms follow
//! from.

use models::{Package, find_twin};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Crop, CropMode, Declaration, Interpolation, spread};
use crate::slots::Slot;

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

/// How a network sees images, and what it was made for.
#[derive(Default, Deserialize)]
pub(super) struct Inner {
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
    let is_stated = outer.pretrained_cfg.is_some();
    let inner = outer.pretrained_cfg.map(Inner::read).transpose()?;
    let mut inner = inner.unwrap_or_default();
    let architecture = outer.architecture.or(inner.architecture.take());
    let channels = inner.input_size.map(|[channels, ..]| channels);
    let outputs = outer.num_classes.or(inner.num_classes);
    // A list of names; timm also allows none, or tables.
    inner.label_names = outer.label_names.or(inner.label_names);
    let seen = inner.seen(channels.unwrap_or(3), outputs)?;
    Ok(Declaration {
        network: format!("timm {}", architecture.as_deref().unwrap_or("network")),
        model: architecture.as_deref().and_then(model),
        // timm's word for a network without a classifier is 0.
        outputs: outputs.filter(|outputs| *outputs > 0),
        channels,
        crop: seen.crop.filter(|_| is_stated),
        ..seen
    })
}

impl Inner {
    pub(super) fn read(tree: Value) -> Result<Self, String> {
        serde_json::from_value(tree).map_err(|error| format!("pretrained_cfg: {error}"))
    }

    /// What it says of images of so many channels, and the names of so many outputs.
    pub(super) fn seen(
        self,
        channels: usize,
        outputs: Option<usize>,
    ) -> Result<Declaration, String> {
        let labels = self.label_names;
        let labels = labels.and_then(|labels| serde_json::from_value::<Vec<String>>(labels).ok());
        let interpolation = self.interpolation.as_deref().map(interpolation);
        Ok(Declaration {
            // Those of what it was trained on before are of no use.
            labels: labels.filter(|labels| Some(labels.len()) == outputs),
            size: self.input_size.map(|[_, height, width]| [height, width]),
            crop: Some(Crop {
                mode: crop_mode(self.crop_mode.as_deref())?,
                fraction: self.crop_pct.unwrap_or(CROP),
            }),
            interpolation: interpolation.transpose()?,
            mean: spread(self.mean, channels),
            deviation: spread(self.std, channels),
            ..Declaration::default()
        })
    }
}

/// What timm's `save_for_hf` writes, of an architecture with these layers.
pub(super) fn write(said: &Declaration, architecture: &str, slots: &[Slot]) -> Value {
    let mut inner = seen(said);
    // timm adapts a first convolution that is named to the images' channels: one that has as many
    // already is not.
    let is_colour = said.channels.is_none_or(|channels| channels == 3);
    let first = slots.iter().find(|slot| slot.shape.len() == 4);
    inner.insert(
        "first_conv".to_string(),
        json!(first.filter(|_| is_colour).map(layer)),
    );
    let mut last = slots
        .iter()
        .filter(|slot| slot.is_head && slot.shape.len() > 1);
    let last = last.next_back();
    inner.insert("classifier".to_string(), json!(last.map(layer)));
    let mut outer = Map::new();
    outer.insert("architecture".to_string(), json!(architecture));
    outer.insert("num_classes".to_string(), json!(said.outputs.unwrap_or(0)));
    if let Some(last) = last {
        outer.insert("num_features".to_string(), json!(last.shape[1]));
    }
    if let Some(labels) = inner.remove("label_names") {
        outer.insert("label_names".to_string(), labels);
    }
    outer.insert("pretrained_cfg".to_string(), inner.into());
    outer.into()
}

/// The name of a layer by that of its weight.
fn layer(slot: &Slot) -> &str {
    slot.name.strip_suffix(".weight").unwrap_or(&slot.name)
}

/// What [`Inner::seen`] reads.
pub(super) fn seen(said: &Declaration) -> Map<String, Value> {
    let size = said.channels.zip(said.size);
    let crop = said.crop;
    let values = [
        (
            "input_size",
            json!(size.map(|(channels, [height, width])| [channels, height, width])),
        ),
        (
            "interpolation",
            json!(said.interpolation.map(|interpolation| match interpolation {
                Interpolation::Bilinear => "bilinear",
                Interpolation::Bicubic => "bicubic",
            })),
        ),
        ("crop_pct", json!(crop.map(|crop| crop.fraction))),
        (
            "crop_mode",
            json!(crop.map(|crop| match crop.mode {
                CropMode::Center => "center",
                CropMode::Squash => "squash",
                CropMode::Border => "border",
            })),
        ),
        ("mean", json!(said.mean)),
        ("std", json!(said.deviation)),
        ("num_classes", json!(said.outputs)),
        ("label_names", json!(said.labels)),
    ];
    let said = values.into_iter().filter(|(_, value)| !value.is_null());
    said.map(|(key, value)| (key.to_string(), value)).collect()
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
