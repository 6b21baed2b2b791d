//! `config.json` beside a file of weights, in the words of the package that has the same network.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use models::{ModelConfig, Package, Task, Twin, find};
use serde_json::Value;
use weights::{Crop, CropMode, Declaration, Interpolation};

use super::subject::Network;
use crate::data::{self, Normalization, Pages, Preprocessing, Resizing};
use crate::run_folder::write_aside;

/// What is beside weights.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Declared {
    /// A file that says which network they are of, and how it sees images.
    File(PathBuf),
    /// Nothing, since no package has a word for the network or what is done to its images.
    Nothing {
        /// Why.
        reason: String,
    },
}

/// What is to be said beside a file of weights.
pub(super) enum Saying {
    /// This, there.
    File(PathBuf, Value),
    /// Nothing, for this reason.
    Nothing(String),
}

impl Saying {
    /// Of a network, beside this file.
    ///
    /// # Errors
    /// If another says something else there.
    pub fn beside(file: &Path, network: &Network) -> Result<Self> {
        let tree = match in_words_of_others(network) {
            Ok(tree) => tree,
            Err(reason) => return Ok(Self::Nothing(reason)),
        };
        let path = file.with_file_name(hub::CONFIG);
        let is_same =
            |text: Vec<u8>| serde_json::from_slice::<Value>(&text).is_ok_and(|there| there == tree);
        ensure!(
            !path.exists() || fs::read(&path).is_ok_and(is_same),
            "'{}' is of other weights; write these into a folder of their own, where their \
             config.json can lie beside them",
            path.display()
        );
        Ok(Self::File(path, tree))
    }

    /// Writes it.
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn write(self) -> Result<Declared> {
        match self {
            Self::File(path, tree) => {
                let text = serde_json::to_string_pretty(&tree)? + "\n";
                write_aside(&path, text.as_bytes())?;
                Ok(Declared::File(path))
            }
            Self::Nothing(reason) => Ok(Declared::Nothing { reason }),
        }
    }
}

/// What timm, or segmentation_models.pytorch, says of a network; or why neither has words for it.
fn in_words_of_others(network: &Network) -> Result<Value, String> {
    let name = &network.name;
    let no_twin = || format!("neither timm nor segmentation_models.pytorch has '{name}'");
    let variant = find(name).map_err(|error| error.to_string())?;
    let twin = variant.twin().filter(|twin| has_words(twin));
    let twin = twin.ok_or_else(no_twin)?;
    let config = &network.config;
    if config.task() != variant.task() {
        return Err(format!(
            "{twin} is for {}, and this for {}",
            variant.task(),
            config.task()
        ));
    }
    let plain = variant.config().clone().with_image(network.image);
    let plain = plain.with_outputs(config.head.outputs);
    if let Some(path) = first_difference(&plain, config) {
        return Err(format!("{path} is not that of {twin}"));
    }
    let size = [network.image.height, network.image.width];
    let said = match &network.preprocessing {
        Some(preprocessing) => seen(preprocessing)?,
        // A classifier of timm has a size.
        None => Declaration {
            size: (config.task() == Task::Classification).then_some(size),
            ..Declaration::default()
        },
    };
    if said.size.is_none() && variant.task() == Task::Classification {
        return Err("images are seen as large as they are, which timm has no word for".to_string());
    }
    let labels = network.classes.clone();
    let said = Declaration {
        model: Some(name.clone()),
        outputs: Some(config.head.outputs),
        labels: labels.filter(|labels| labels.len() == config.head.outputs && !are_numbers(labels)),
        channels: Some(network.image.channels),
        ..said
    };
    said.to_json(&network.model, config).ok_or_else(no_twin)
}

fn has_words(twin: &Twin) -> bool {
    matches!(
        twin.package,
        Package::Timm | Package::Torchvision | Package::Smp
    )
}

/// The first field with another value that changes what the network says.
fn first_difference(one: &ModelConfig, other: &ModelConfig) -> Option<String> {
    /// What is only of training, or of its start.
    const OF_TRAINING: [&str; 4] = ["drop_rate", "drop_path_rate", "zero_init", "zero_init_last"];
    let is_of_training = |path: &str| {
        let name = path.rsplit('.').next().unwrap_or(path);
        OF_TRAINING.contains(&name)
    };
    let kept = |config: &ModelConfig| -> Vec<_> {
        let fields = config.fields().into_iter();
        fields.filter(|(path, _)| !is_of_training(path)).collect()
    };
    let (one, other) = (kept(one), kept(other));
    let differs = other.iter().find(|field| !one.contains(field));
    // A field may be there in one of both only.
    let differs = differs.or_else(|| one.iter().find(|field| !other.contains(field)));
    differs.map(|(path, _)| path.clone())
}

/// How images are seen, in their words; or why there is none.
fn seen(preprocessing: &Preprocessing) -> Result<Declaration, String> {
    let no_word = |what: &str| Err(format!("{what}, which timm has no word for"));
    let Normalization::DataSet { mean, deviation } = &preprocessing.normalization else {
        return no_word("each image is normalised by its own percentiles");
    };
    if preprocessing.pages != Pages::First {
        return no_word("the pages of a file are images or channels");
    }
    let crop = match (preprocessing.size, preprocessing.resizing) {
        (None, _) => None,
        (_, Resizing::Stretch) => Some(Crop {
            mode: CropMode::Squash,
            fraction: 1.0,
        }),
        (_, Resizing::CenterCrop { fraction }) => Some(Crop {
            mode: CropMode::Center,
            fraction,
        }),
        (_, resizing) => {
            let word = serde_json::to_value(resizing).unwrap_or_default();
            return no_word(&format!("images come to their size by {word}"));
        }
    };
    Ok(Declaration {
        size: preprocessing.size,
        crop,
        interpolation: Some(match preprocessing.interpolation {
            data::Interpolation::Bicubic => Interpolation::Bicubic,
            data::Interpolation::Bilinear => Interpolation::Bilinear,
        }),
        mean: Some(mean.iter().copied().map(as_written).collect()),
        deviation: Some(deviation.iter().copied().map(as_written).collect()),
        ..Declaration::default()
    })
}

/// The shortest decimal fraction that is this number in single precision.
fn as_written(number: f32) -> f64 {
    number.to_string().parse().unwrap_or(f64::from(number))
}

/// Whether classes have no names: whoever reads them numbers them so without being told.
fn are_numbers(labels: &[String]) -> bool {
    labels
        .iter()
        .enumerate()
        .all(|(place, label)| *label == place.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use models::{ImageSpec, create};
    use serde_json::json;

    fn network(name: &str, change: impl Fn(&mut Preprocessing)) -> Network {
        let image = ImageSpec::new(3, 64, 64);
        let config = create(name)
            .expect("a model")
            .with_image(image)
            .with_outputs(2);
        let mut preprocessing = Preprocessing {
            channels: 3,
            size: Some([64, 64]),
            resizing: Resizing::CenterCrop { fraction: 0.875 },
            interpolation: data::Interpolation::Bicubic,
            normalization: Normalization::DataSet {
                mean: vec![0.485, 0.456, 0.406],
                deviation: vec![0.25; 3],
            },
            pages: Pages::First,
        };
        change(&mut preprocessing);
        Network {
            name: name.to_string(),
            model: config.init(&Device::flex()),
            config,
            image,
            preprocessing: Some(preprocessing),
            classes: Some(vec!["cat".to_string(), "dog".to_string()]),
        }
    }

    #[test]
    fn a_classifier_is_said_in_the_words_of_timm() {
        let tree = in_words_of_others(&network("resnet18", |_| {})).expect("words");
        let expected = json!({
            "architecture": "resnet18",
            "num_classes": 2,
            "num_features": 512,
            "label_names": ["cat", "dog"],
            "pretrained_cfg": {
                "input_size": [3, 64, 64],
                "interpolation": "bicubic",
                "crop_pct": 0.875,
                "crop_mode": "center",
                "mean": [0.485, 0.456, 0.406],
                "std": [0.25, 0.25, 0.25],
                "num_classes": 2,
                "first_conv": "conv1",
                "classifier": "fc",
            },
        });
        assert_eq!(tree, expected);
    }

    #[test]
    fn what_only_changes_the_training_has_words() {
        let mut network = network("resnet18", |_| {});
        network.config = network.config.with_drop_rate(0.5);
        in_words_of_others(&network).expect("words");
    }

    #[test]
    fn what_nobody_has_a_word_for_is_said() {
        let reason = |name: &str, change: fn(&mut Preprocessing)| {
            in_words_of_others(&network(name, change)).expect_err("no words")
        };
        let resnet8 = reason("resnet8", |_| {});
        assert!(resnet8.ends_with("has 'resnet8'"), "{resnet8}");
        let percentiles = reason("resnet18", |own| own.normalization = Normalization::Image);
        assert!(percentiles.contains("percentiles"), "{percentiles}");
        let letterbox = reason("resnet18", |own| own.resizing = Resizing::Letterbox);
        assert!(letterbox.contains("letterbox"), "{letterbox}");
        let large = reason("resnet18", |own| own.size = None);
        assert!(large.contains("as large as they are"), "{large}");
        let mut plain = network("resnet18", |_| {});
        let changed = plain.config.set("shortcut", json!("plain"));
        plain.config = changed.expect("a field");
        let reason = in_words_of_others(&plain).expect_err("no words");
        assert_eq!(
            reason,
            "encoder.shortcut is not that of torchvision resnet18"
        );
    }
}
