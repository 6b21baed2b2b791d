//! Everything that decides how a run goes, and where each value comes from: a flag, else the
//! configuration file, else the data set's default.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use models::{ModelEntry, Task, find};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::backend::DeviceChoice;
use crate::data::{self, Transform};

/// How parameters follow their gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Stochastic gradient descent with Nesterov momentum 0.9.
    Sgd,
    /// Adam with decoupled weight decay.
    AdamW,
}

/// How a run goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// A model's name in the registry.
    pub model: String,
    /// An embedded data set's name or a folder's path.
    pub data: String,
    /// Height and width that a folder's images are brought to. Embedded sets have their own.
    pub image_size: usize,
    /// A backend's name.
    pub backend: String,
    /// Which of its devices.
    pub device: DeviceChoice,
    /// How many times every training image is seen.
    pub epochs: usize,
    /// How many images make a step.
    pub batch_size: usize,
    /// How parameters follow their gradients.
    pub optimizer: Optimizer,
    /// The highest learning rate: it warms up over the first tenth of the steps, then falls to 0
    /// along a cosine.
    pub lr: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// What training does to the images. None: what suits the data set.
    pub augmentation: Option<Vec<Transform>>,
    /// Whether blocks are computed again on the way back, instead of being kept: slower, with less
    /// memory.
    pub recompute: bool,
    /// Use at most so many images of each split, to try things out. None: all.
    pub limit: Option<usize>,
    /// Starts every random draw.
    pub seed: u64,
}

/// The part of a [`Recipe`] that somebody gave: by flags, or in a configuration file.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// Model to train; see the command `models`
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Embedded data set (mnist-mini, nuclei-mini) or folder of images
    #[arg(long, value_name = "NAME|FOLDER")]
    pub data: Option<String>,
    /// Height and width that a folder's images are resized to
    #[arg(long, value_name = "PIXELS")]
    pub image_size: Option<usize>,
    /// Backend: flex, ndarray, wgpu or cuda
    #[arg(long, value_name = "NAME")]
    pub backend: Option<String>,
    /// Device: default, cpu or gpu:NUMBER
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<DeviceChoice>,
    /// How many times every training image is seen
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// How many images make a step
    #[arg(long, value_name = "N")]
    pub batch_size: Option<usize>,
    /// How parameters follow their gradients
    #[arg(long, value_enum)]
    pub optimizer: Option<Optimizer>,
    /// Highest learning rate
    #[arg(long, value_name = "RATE")]
    pub lr: Option<f64>,
    /// Weight decay
    #[arg(long, value_name = "DECAY")]
    pub weight_decay: Option<f64>,
    /// What training does to the images: in the configuration file only.
    #[arg(skip)]
    pub augmentation: Option<Vec<Transform>>,
    /// Compute blocks again on the way back instead of keeping them: slower, with less memory
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub recompute: Option<bool>,
    /// Use at most so many images of each split, to try things out
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Starts every random draw; the same seed gives the same run
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// A run's `config.json` also says what was learned; that follows from the data.
    #[arg(skip)]
    #[serde(rename = "problem")]
    _problem: Option<IgnoredAny>,
}

impl Overrides {
    /// Reads a configuration file: the keys of a run's `config.json`, all optional.
    ///
    /// # Errors
    /// If the file cannot be read or has a key or value that is not known.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!("the configuration file '{}' cannot be read", path.display())
        })?;
        serde_json::from_str(&text)
            .with_context(|| format!("the configuration file '{}' is wrong", path.display()))
    }

    /// These values, and `other`'s where there are none.
    pub fn or(self, other: Self) -> Self {
        Self {
            model: self.model.or(other.model),
            data: self.data.or(other.data),
            image_size: self.image_size.or(other.image_size),
            backend: self.backend.or(other.backend),
            device: self.device.or(other.device),
            epochs: self.epochs.or(other.epochs),
            batch_size: self.batch_size.or(other.batch_size),
            optimizer: self.optimizer.or(other.optimizer),
            lr: self.lr.or(other.lr),
            weight_decay: self.weight_decay.or(other.weight_decay),
            augmentation: self.augmentation.or(other.augmentation),
            recompute: self.recompute.or(other.recompute),
            limit: self.limit.or(other.limit),
            seed: self.seed.or(other.seed),
            _problem: None,
        }
    }

    /// The whole recipe, with the data set's defaults where nothing was given.
    ///
    /// # Errors
    /// If the data set or model does not exist, does not fit the other, or a value is out of its
    /// range.
    pub fn resolve(self) -> Result<Recipe> {
        let data = self.data.unwrap_or_else(|| "mnist-mini".to_string());
        let task = data::task_of(&data)?;
        let defaults = Defaults::of(&data, task);
        let model = self.model.unwrap_or_else(|| defaults.model.to_string());
        let entry = find(&model)?;
        let recipe = Recipe {
            image_size: self.image_size.unwrap_or(entry.input.height),
            backend: self.backend.unwrap_or_else(|| "flex".to_string()),
            device: self.device.unwrap_or_default(),
            epochs: self.epochs.unwrap_or(defaults.epochs),
            batch_size: self.batch_size.unwrap_or(defaults.batch_size),
            optimizer: self.optimizer.unwrap_or(defaults.optimizer),
            lr: self.lr.unwrap_or(defaults.lr),
            weight_decay: self.weight_decay.unwrap_or(defaults.weight_decay),
            augmentation: self.augmentation,
            recompute: self.recompute.unwrap_or(false),
            limit: self.limit,
            seed: self.seed.unwrap_or(1),
            model,
            data,
        };
        recipe.check(entry, task)?;
        Ok(recipe)
    }
}

impl Recipe {
    fn check(&self, entry: &ModelEntry, task: Task) -> Result<()> {
        if entry.task() != task {
            bail!(
                "model '{}' is for {}, data '{}' for {}; the command `models` lists what there is",
                self.model,
                name(entry.task()),
                self.data,
                name(task)
            );
        }
        let sizes = [
            ("--limit", self.limit.unwrap_or(usize::MAX)),
            ("--epochs", self.epochs),
            ("--batch-size", self.batch_size),
            ("--image-size", self.image_size),
        ];
        for (flag, value) in sizes {
            ensure!(value > 0, "{flag} {value}: must be at least 1");
        }
        ensure!(
            self.lr > 0.0 && self.lr <= 1.0,
            "--lr {}: must be above 0 and at most 1",
            self.lr
        );
        ensure!(
            self.weight_decay >= 0.0,
            "--weight-decay {}: must not be negative",
            self.weight_decay
        );
        Ok(())
    }
}

fn name(task: Task) -> &'static str {
    match task {
        Task::Classification => "classification",
        Task::Segmentation => "segmentation",
    }
}

/// What a data set starts from. For the embedded sets: measured, see the README.
struct Defaults {
    model: &'static str,
    epochs: usize,
    batch_size: usize,
    optimizer: Optimizer,
    lr: f64,
    weight_decay: f64,
}

impl Defaults {
    fn of(data: &str, task: Task) -> Self {
        let classification = Self {
            model: "resnet20",
            epochs: 20,
            batch_size: 64,
            optimizer: Optimizer::Sgd,
            lr: 0.1,
            weight_decay: 5e-4,
        };
        let segmentation = Self {
            model: "unet16",
            epochs: 40,
            batch_size: 4,
            optimizer: Optimizer::AdamW,
            lr: 3e-3,
            weight_decay: 1e-2,
        };
        match (data, task) {
            ("mnist-mini", _) => Self {
                model: "resnet10_w32",
                epochs: 12,
                batch_size: 32,
                lr: 0.05,
                ..classification
            },
            ("nuclei-mini", _) => Self {
                model: "unet8",
                epochs: 80,
                ..segmentation
            },
            (_, Task::Classification) => classification,
            (_, Task::Segmentation) => segmentation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let flags = Overrides {
            epochs: Some(3),
            ..Default::default()
        };
        let file: Overrides =
            serde_json::from_str(r#"{"epochs": 5, "seed": 9}"#).expect("known keys");
        let recipe = flags.or(file).resolve().expect("a whole recipe");
        assert_eq!((recipe.epochs, recipe.seed, recipe.lr), (3, 9, 0.05));
    }

    #[test]
    fn a_run_can_be_repeated_from_its_configuration() {
        let recipe = Overrides::default().resolve().expect("all defaults");
        let json = serde_json::to_string(&recipe).expect("writes");
        let again: Overrides = serde_json::from_str(&json).expect("reads");
        assert_eq!(again.resolve().expect("whole"), recipe);
    }

    #[test]
    fn a_key_that_is_not_known_is_named() {
        let error = serde_json::from_str::<Overrides>(r#"{"epoch": 5}"#).expect_err("no such key");
        assert!(error.to_string().starts_with("unknown field `epoch`"));
    }

    #[test]
    fn wrong_values_are_named() {
        let message = |overrides: Overrides| {
            let error = overrides.resolve().expect_err("wrong");
            error.to_string()
        };
        assert_eq!(
            message(Overrides {
                epochs: Some(0),
                ..Default::default()
            }),
            "--epochs 0: must be at least 1"
        );
        assert_eq!(
            message(Overrides {
                lr: Some(-1.0),
                ..Default::default()
            }),
            "--lr -1: must be above 0 and at most 1"
        );
        assert_eq!(
            message(Overrides {
                model: Some("unet8".into()),
                ..Default::default()
            }),
            "model 'unet8' is for segmentation, data 'mnist-mini' for classification; the command \
             `models` lists what there is"
        );
    }
}
