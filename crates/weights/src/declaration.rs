//! What a `config.json` beside weights says of them: which network they are of, and how it is to see
//! images.

mod smp;
mod timm;

use std::path::Path;

use models::{Model, ModelConfig, Package, find};
use serde_json::Value;

use crate::WeightsError;
use crate::slots::slots;

/// What is said of weights. Each value is none where nothing is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declaration {
    /// What the network is called where the weights come from: `timm resnet50`.
    pub network: String,
    /// The name of the same network here.
    pub model: Option<String>,
    /// How many outputs it has.
    pub outputs: Option<usize>,
    /// What the outputs are called, one for each.
    pub labels: Option<Vec<String>>,
    /// How many channels images have: 3 are red, green and blue.
    pub channels: Option<usize>,
    /// Height and width of the images that go into the network.
    pub size: Option<[usize; 2]>,
    /// How images come to that size.
    pub crop: Option<Crop>,
    /// How pixels are interpolated on the way.
    pub interpolation: Option<Interpolation>,
    /// What is subtracted from each channel's values from 0 to 1.
    pub mean: Option<Vec<f64>>,
    /// And what that is divided by.
    pub deviation: Option<Vec<f64>>,
}

/// How pixels are interpolated; where an image shrinks, with a kernel that is as much wider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interpolation {
    /// With the weights of a triangle.
    Bilinear,
    /// With those of a cubic curve (Keys 1981, a = -0.5).
    Bicubic,
}

/// How an image comes to the size of a network's input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crop {
    /// What happens to its sides.
    pub mode: CropMode,
    /// The input's side, by the side that the image is resized to; what is more is cut off around
    /// the middle.
    pub fraction: f64,
}

/// What happens to the sides of an image that has other proportions than the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CropMode {
    /// The shorter side is resized to the input's.
    Center,
    /// Both are, each by its own factor.
    Squash,
    /// The longer side is, with a border around the other.
    Border,
}

/// The largest file that is read: such files have kilobytes, or with the names of many classes some
/// hundreds of them.
const LARGEST: u64 = 16 << 20;

impl Declaration {
    /// Reads a `config.json` of timm or of segmentation_models.pytorch; none where the file is of
    /// something else.
    ///
    /// # Errors
    /// If it cannot be read, or says something that cannot be.
    pub fn read(path: &Path) -> Result<Option<Self>, WeightsError> {
        let io = |error| WeightsError::Io {
            path: path.to_path_buf(),
            error,
        };
        let wrong = |reason: String| WeightsError::Declaration {
            path: path.to_path_buf(),
            reason,
        };
        let size = std::fs::metadata(path).map_err(io)?.len();
        if size > LARGEST {
            return Err(wrong(format!(
                "it has {size} bytes, and should have some kilobytes"
            )));
        }
        let text = std::fs::read(path).map_err(io)?;
        let tree: Value =
            serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        Self::of(tree).map_err(wrong)
    }

    /// What a tree says; none where it is of something else.
    fn of(tree: Value) -> Result<Option<Self>, String> {
        let has = |key| tree.get(key).is_some();
        let found = match () {
            () if has("architecture") || has("pretrained_cfg") => timm::read(tree)?,
            () if has("encoder_name") => smp::read(tree)?,
            () => return Ok(None),
        };
        found.check()?;
        Ok(Some(found))
    }

    /// The way back: the `config.json` of the model that this is of, made by such a configuration, as
    /// its twin's package writes it: timm, which has torchvision's too, or
    /// segmentation_models.pytorch. None where neither has it.
    pub fn to_json(&self, model: &Model, config: &ModelConfig) -> Option<Value> {
        let variant = find(self.model.as_deref()?).ok()?;
        let twin = variant.twin()?;
        match twin.package {
            Package::Timm | Package::Torchvision => {
                Some(timm::write(self, &twin.name, &slots(model, config)))
            }
            Package::Smp => Some(smp::write(self, &twin.name)),
            _ => None,
        }
    }

    fn check(&self) -> Result<(), String> {
        let positive = |what: &str, value: Option<usize>| match value {
            Some(value) if !(1..=1 << 16).contains(&value) => {
                Err(format!("{what} {value}: must be 1 to 65536"))
            }
            _ => Ok(()),
        };
        positive("the channels", self.channels)?;
        for dim in 0..2 {
            positive("the input's side", self.size.map(|size| size[dim]))?;
        }
        if let Some(Crop { fraction, .. }) = self.crop
            && !(fraction > 0.0 && fraction <= 1.0)
        {
            return Err(format!(
                "crop_pct {fraction}: must be above 0 and at most 1"
            ));
        }
        for (what, values) in [("mean", &self.mean), ("std", &self.deviation)] {
            let Some(values) = values else { continue };
            if values.iter().any(|value| !value.is_finite()) || values.is_empty() {
                return Err(format!(
                    "{what} {values:?}: must be a number for each channel"
                ));
            }
            if what == "std" && values.iter().any(|value| *value as f32 <= 0.0) {
                return Err(format!("std {values:?}: must be above 0"));
            }
            if self
                .channels
                .is_some_and(|channels| values.len() != channels)
            {
                return Err(format!(
                    "{what} {values:?}: must be a number for each channel"
                ));
            }
        }
        Ok(())
    }
}

/// A value for each channel where there is one for all.
fn spread(values: Option<Vec<f64>>, channels: usize) -> Option<Vec<f64>> {
    values.map(|values| match values[..] {
        [value] => vec![value; channels],
        _ => values,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(tree: Value) -> Result<Option<Declaration>, String> {
        Declaration::of(tree)
    }

    /// All that can be said of a model of two classes in gray images.
    fn said(model: &str, network: &str) -> Declaration {
        Declaration {
            network: network.to_string(),
            model: Some(model.to_string()),
            outputs: Some(2),
            labels: Some(vec!["cat".to_string(), "dog".to_string()]),
            channels: Some(1),
            size: Some([64, 96]),
            crop: Some(Crop {
                mode: CropMode::Squash,
                fraction: 1.0,
            }),
            interpolation: Some(Interpolation::Bicubic),
            mean: Some(vec![0.25]),
            deviation: Some(vec![0.5]),
        }
    }

    fn written(said: &Declaration) -> Option<Value> {
        let config = models::create(said.model.as_deref()?).expect("a model");
        let config = config.with_in_channels(1).with_outputs(2);
        said.to_json(&config.init(&burn::tensor::Device::flex()), &config)
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (model, network) in [
            ("resnet18", "timm resnet18"),
            ("convnext_atto", "timm convnext_atto"),
            (
                "unet_scse-resnet18",
                "smp Unet/resnet18/decoder_attention_type=scse",
            ),
            ("fpn-resnet18", "smp FPN/resnet18"),
        ] {
            let all = said(model, network);
            let found = read(written(&all).expect("a twin"));
            assert_eq!(found, Ok(Some(all)));
        }
    }

    #[test]
    fn images_of_any_size_have_none_and_no_crop() {
        let all = Declaration {
            size: None,
            crop: None,
            ..said("unet-resnet18", "smp Unet/resnet18")
        };
        assert_eq!(read(written(&all).expect("a twin")), Ok(Some(all)));
    }

    #[test]
    fn layers_are_called_as_timm_calls_them() {
        let of = |model, network| {
            let tree = written(&said(model, network)).expect("a twin");
            let layers =
                ["first_conv", "classifier"].map(|key| tree["pretrained_cfg"][key].clone());
            (layers, tree["num_features"].clone())
        };
        // A first convolution of one channel is not to be adapted.
        let convnext = ([json!(null), json!("head.fc")], json!(320));
        assert_eq!(of("convnext_atto", "timm convnext_atto"), convnext);
        let dpn = ([json!(null), json!("classifier")], json!(832));
        assert_eq!(of("dpn68", "timm dpn68"), dpn);
        let config = models::create("resnet50d").expect("a model");
        let colour = Declaration {
            channels: Some(3),
            ..said("resnet50d", "timm resnet50d")
        };
        let model = config.init(&burn::tensor::Device::flex());
        let tree = colour.to_json(&model, &config).expect("a twin");
        assert_eq!(tree["pretrained_cfg"]["first_conv"], "conv1.0");
    }

    #[test]
    fn a_model_that_only_we_have_has_no_form() {
        assert_eq!(written(&said("resnet8", "")), None);
        assert_eq!(written(&said("monai_unet", "")), None);
    }

    #[test]
    fn what_is_of_something_else_says_nothing() {
        // A run's own, and one of transformers.
        for tree in [
            json!({"format": 3, "model": {"name": "resnet8"}}),
            json!({"architectures": ["ResNetForImageClassification"]}),
            json!([1, 2]),
            json!("text"),
        ] {
            assert_eq!(read(tree), Ok(None));
        }
    }

    #[test]
    fn what_cannot_be_is_told() {
        let with = |own: Value| {
            let mut cfg = json!({"input_size": [3, 224, 224]});
            for (key, value) in own.as_object().expect("a table") {
                cfg[key] = value.clone();
            }
            read(json!({"architecture": "resnet18", "pretrained_cfg": cfg})).expect_err("wrong")
        };
        for (own, expected) in [
            (
                json!({"input_size": [3, 0, 224]}),
                "the input's side 0: must be 1 to 65536",
            ),
            (
                json!({"input_size": [0, 1, 1]}),
                "the channels 0: must be 1 to 65536",
            ),
            (
                json!({"crop_pct": 0.0}),
                "crop_pct 0: must be above 0 and at most 1",
            ),
            (
                json!({"std": [0.2, 0.0, 0.2]}),
                "std [0.2, 0.0, 0.2]: must be above 0",
            ),
            (
                json!({"mean": [0.5, 0.5]}),
                "mean [0.5, 0.5]: must be a number for each channel",
            ),
            (
                json!({"mean": []}),
                "mean []: must be a number for each channel",
            ),
            (
                json!({"interpolation": "hamming"}),
                "interpolation 'hamming': ",
            ),
            (json!({"crop_mode": "corner"}), "crop_mode 'corner': "),
            (json!({"mean": "dark"}), "pretrained_cfg: "),
        ] {
            let message = with(own);
            assert!(message.starts_with(expected), "{message}");
        }
    }
}
