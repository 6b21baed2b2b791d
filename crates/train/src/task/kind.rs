//! What a task has to say.

use anyhow::Result;
use burn::tensor::Tensor;
use image::{DynamicImage, RgbImage};
use serde_json::Value;

use crate::data::{Item, Picture, Problem};
use crate::loss::Loss;

/// What belongs together for a kind of answer.
pub trait Task: Sync {
    /// The loss that it is learned with where a recipe does not say.
    fn loss(&self) -> Loss;

    /// The names of the metrics that say what an answer is worth, beside the loss: few, and cheap
    /// enough for every epoch.
    fn metrics(&self) -> &'static [&'static str];

    /// The names of those that a test has beside them, unless others are asked for.
    fn test_metrics(&self) -> &'static [&'static str];

    /// What a network says of one image, in the user's terms.
    ///
    /// # Shapes
    /// `answers`: `[1, channels, height, width]`.
    ///
    /// # Errors
    /// If the device fails.
    fn answer(&self, problem: &Problem, picture: &Picture, answers: Tensor<4>) -> Result<Answer>;

    /// A picture of what a network says of one image beside what is true, and its name; none where
    /// there is nothing to show.
    ///
    /// # Errors
    /// If the device fails.
    fn show(
        &self,
        problem: &Problem,
        item: Item,
        answers: Tensor<4>,
    ) -> Result<Option<(String, RgbImage)>>;
}

/// What a network says of an image. A task gives the same kind for every image.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A record.
    Record(serde_json::Map<String, Value>),
    /// Pictures, and what is put to the image's name to name them; the first is the answer itself.
    Pictures(Vec<(&'static str, DynamicImage)>),
}
