//! What a task has to say.

use anyhow::Result;
use burn::tensor::Tensor;
use image::{DynamicImage, RgbImage};
use serde_json::Value;

use crate::data::{Problem, Targets};
use crate::loss::Loss;

/// What belongs together for a kind of answer.
pub trait Task: Sync {
    /// The loss that it is learned with where a recipe does not say.
    fn loss(&self) -> Loss;

    /// The names of the metrics that say what an answer is worth, beside the loss.
    fn metrics(&self) -> &'static [&'static str];

    /// How its answers are handed over.
    fn form(&self) -> AnswerForm;

    /// What a network says of one image, in the user's terms.
    ///
    /// # Shapes
    /// `answers`: `[1, channels, height, width]`.
    ///
    /// # Errors
    /// If the device fails.
    fn answer(&self, problem: &Problem, image: &DynamicImage, answers: Tensor<4>)
    -> Result<Answer>;

    /// A picture of what a network says of one image beside what is true, and its name; none where
    /// there is nothing to show.
    ///
    /// # Errors
    /// If the device fails.
    fn show(&self, problem: &Problem, shown: Shown) -> Result<Option<(String, RgbImage)>>;
}

/// How answers are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerForm {
    /// A record for each image, in one list.
    Records,
    /// Pictures for each image, in a folder.
    Pictures,
}

/// What a network says of an image.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A record.
    Record(serde_json::Map<String, Value>),
    /// Pictures, and what is put to the image's name to name them; the first is the answer itself.
    Pictures(Vec<(&'static str, DynamicImage)>),
}

/// One image with what is said of it and what is true.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What the image is called.
    pub name: String,
    /// The image as the network saw it, before normalisation.
    pub image: RgbImage,
    /// `[1, channels, height, width]`
    pub answers: Tensor<4>,
    /// What is true, of the whole image.
    pub targets: Targets,
}
