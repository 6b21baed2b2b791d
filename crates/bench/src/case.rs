//! What is timed: a model or a block, and the images that it gets.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use models::{ImageSpec, ModelError, Variant};
use serde::{Deserialize, Serialize};

use crate::blocks::BlockKind;

/// What is done with a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A forward pass as in evaluation.
    Inference,
    /// Forward, loss, backward, a step of SGD with momentum, reading the loss.
    Training,
}

impl Mode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Inference, Self::Training];

    /// How many times the multiply-adds of a forward pass it takes: a training step computes
    /// the forward pass, the gradient of the data and the gradient of the weights, of which each
    /// takes as many.
    pub fn forwards(self) -> u64 {
        match self {
            Self::Inference => 1,
            Self::Training => 3,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Inference => "inference",
            Self::Training => "training",
        })
    }
}

/// A model of the registry, or a block alone.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    Model(&'static Variant),
    Block(BlockKind),
}

/// A subject with its images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub subject: Subject,
    /// One of its images.
    pub image: ImageSpec,
    /// Images at a time in inference.
    pub inference_batch: usize,
    /// Images at a time in training.
    pub training_batch: usize,
    /// The file of a model's weights; none: they are drawn.
    pub weights: Option<&'static Path>,
}

/// The model of this name. It stays for as long as the program runs, so that a case can be copied.
///
/// # Errors
/// If there is none.
pub(crate) fn find(name: &str) -> Result<&'static Variant, ModelError> {
    Ok(Box::leak(Box::new(models::find(name)?)))
}

impl Case {
    /// A model with images of the size that it was made for.
    pub fn model(entry: &'static Variant, batch: usize) -> Self {
        Self {
            subject: Subject::Model(entry),
            image: entry.input(),
            inference_batch: batch,
            training_batch: batch,
            weights: None,
        }
    }

    /// A block alone.
    pub fn block(kind: BlockKind, batch: usize) -> Self {
        Self {
            subject: Subject::Block(kind),
            image: BlockKind::IMAGE,
            inference_batch: batch,
            training_batch: batch,
            weights: None,
        }
    }

    pub fn name(&self) -> &'static str {
        match self.subject {
            Subject::Model(entry) => entry.name(),
            Subject::Block(kind) => kind.name(),
        }
    }

    pub fn batch(&self, mode: Mode) -> usize {
        match mode {
            Mode::Inference => self.inference_batch,
            Mode::Training => self.training_batch,
        }
    }

    /// The same with images of another height and width.
    pub fn with_size(mut self, height: usize, width: usize) -> Self {
        self.image.height = height;
        self.image.width = width;
        self
    }

    /// The same with weights from a file, whose path stays as a model does.
    pub fn with_weights(mut self, file: PathBuf) -> Self {
        self.weights = Some(Box::leak(file.into_boxed_path()));
        self
    }

    /// The same with other numbers of images at a time.
    pub fn with_batch(mut self, inference: usize, training: usize) -> Self {
        self.inference_batch = inference;
        self.training_batch = training;
        self
    }
}

/// The cases that are always compared.
pub(crate) fn standing() -> Vec<Case> {
    vec![
        known("resnet20").with_batch(64, 64),
        known("resnet18").with_batch(8, 8),
        known("resnet50").with_batch(8, 8),
        known("densenet121").with_batch(8, 4),
        known("unet32").with_batch(4, 4),
    ]
}

/// A small case for each task, for a first look.
pub(crate) fn quick() -> Vec<Case> {
    vec![
        known("resnet20").with_batch(16, 16),
        known("unet8").with_size(64, 64).with_batch(4, 4),
    ]
}

/// The residual networks for CIFAR, from 20 to 110 layers.
pub(crate) fn depths(batch: usize) -> Vec<Case> {
    ["resnet20", "resnet32", "resnet44", "resnet56", "resnet110"]
        .map(|name| known(name).with_batch(batch, batch))
        .to_vec()
}

fn known(name: &str) -> Case {
    let entry = find(name).unwrap_or_else(|error| unreachable!("{error}"));
    Case::model(entry, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_in_the_registry() {
        assert_eq!(standing().len(), 5);
        assert_eq!(quick().len(), 2);
        assert_eq!(depths(1).len(), 5);
    }
}
