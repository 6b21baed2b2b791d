//! One class a pixel.

use anyhow::Result;
use burn::tensor::Tensor;
use image::{GrayImage, Luma, RgbImage};

use super::kind::{Answer, Task};
use crate::data::{Item, Mask, Picture, Problem, Target, Window};
use crate::drawing::{bright, cover, side_by_side};
use crate::loss::{CrossEntropy, Dice, Loss, Term};

/// Cross-entropy and Dice loss; accuracy of pixels and mean IoU; masks.
pub(super) struct Segmentation;

impl Task for Segmentation {
    fn loss(&self) -> Loss {
        Loss::of(vec![
            Term::CrossEntropy(CrossEntropy::default()),
            Term::Dice(Dice::default()),
        ])
    }

    fn metrics(&self) -> &'static [&'static str] {
        &["accuracy", "mean_iou"]
    }

    fn test_metrics(&self) -> &'static [&'static str] {
        &["mean_dice", "iou"]
    }

    /// The class of each pixel at the image's own size, and an overlay.
    fn answer(&self, problem: &Problem, picture: &Picture, answers: Tensor<4>) -> Result<Answer> {
        let mask = mask(problem, picture, answers)?;
        let overlay = cover(&picture.to_rgb8(), mask.classes());
        let mask = visible(&mask, problem.classes.len());
        Ok(Answer::Pictures(vec![
            ("mask", mask.into()),
            ("overlay", overlay.into()),
        ]))
    }

    /// The image, its truth and its prediction side by side.
    fn show(
        &self,
        problem: &Problem,
        item: Item,
        answers: Tensor<4>,
    ) -> Result<Option<(String, RgbImage)>> {
        let Target::Mask(truth) = item.target else {
            return Ok(None);
        };
        let predicted = mask(problem, &item.picture, answers)?;
        let image = bright(&item.picture);
        let truth = cover(&image, truth.classes());
        let prediction = cover(&image, predicted.classes());
        Ok(Some((item.name, side_by_side(&[image, truth, prediction]))))
    }
}

/// The likeliest class of each pixel at the picture's own size. A network with valid convolutions
/// speaks of the middle only: the rest is background.
pub(crate) fn mask(problem: &Problem, picture: &Picture, answers: Tensor<4>) -> Result<Mask> {
    let [_, _, height, width] = answers.dims();
    let classes = answers.argmax(1).try_into_vec_as::<i32>()?;
    let whole = problem.preprocessing.seen(picture.size());
    let classes = Window::middle(whole, [height, width]).place(&classes, whole, 1, 0);
    let mask = Mask::new(whole, classes);
    Ok(problem.preprocessing.restore(&mask, picture.size()))
}

/// Two classes as black and white, more as their numbers. What was not seen is black.
fn visible(mask: &Mask, classes: usize) -> GrayImage {
    let [_, width] = mask.size();
    let [rows, columns] = mask.size().map(|side| side as u32);
    let scale = if classes == 2 { 255 } else { 1 };
    GrayImage::from_fn(columns, rows, |column, row| {
        let class = mask.classes()[row as usize * width + column as usize];
        Luma([class.max(0) as u8 * scale])
    })
}
