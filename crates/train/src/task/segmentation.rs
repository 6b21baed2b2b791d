//! One class a pixel.

use anyhow::{Result, bail};
use burn::tensor::Tensor;
use image::imageops::{FilterType, resize};
use image::{DynamicImage, GrayImage, Luma, RgbImage};

use super::kind::{Answer, AnswerForm, Shown, Task};
use crate::data::{Problem, Targets};
use crate::loss::{CrossEntropy, Dice, Loss, Term};
use crate::picture::{cover, side_by_side};

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

    fn form(&self) -> AnswerForm {
        AnswerForm::Pictures
    }

    /// The class of each pixel at the image's own size, and an overlay.
    fn answer(
        &self,
        problem: &Problem,
        image: &DynamicImage,
        answers: Tensor<4>,
    ) -> Result<Answer> {
        let classes = whole(problem, answers)?;
        let spec = problem.image;
        let mask = GrayImage::from_fn(spec.width as u32, spec.height as u32, |column, row| {
            Luma([classes[row as usize * spec.width + column as usize] as u8])
        });
        let mask = resize(&mask, image.width(), image.height(), FilterType::Nearest);
        let classes: Vec<i64> = mask.pixels().map(|pixel| i64::from(pixel.0[0])).collect();
        let overlay = cover(&image.to_rgb8(), &classes);
        let mask = visible(mask, problem.classes.len());
        Ok(Answer::Pictures(vec![
            ("mask", mask.into()),
            ("overlay", overlay.into()),
        ]))
    }

    /// The image, its truth and its prediction side by side.
    fn show(&self, problem: &Problem, shown: Shown) -> Result<Option<(String, RgbImage)>> {
        let truth = match shown.targets {
            Targets::Classes(labels) => labels.try_into_vec_as::<i64>()?,
            Targets::Soft(map) => map.argmax(1).try_into_vec_as::<i64>()?,
            other => bail!("classes of pixels are not among {other:?}"),
        };
        let predicted = whole(problem, shown.answers)?;
        let truth = cover(&shown.image, &truth);
        let prediction = cover(&shown.image, &predicted);
        let picture = side_by_side(&[shown.image, truth, prediction]);
        Ok(Some((shown.name, picture)))
    }
}

/// The likeliest class of each pixel of the image. A network with valid convolutions speaks of the
/// middle only: the rest is background.
fn whole(problem: &Problem, answers: Tensor<4>) -> Result<Vec<i64>> {
    let [_, _, height, width] = answers.dims();
    let classes = answers.argmax(1).try_into_vec_as::<i64>()?;
    let spec = problem.image;
    if [height, width] == [spec.height, spec.width] {
        return Ok(classes);
    }
    let mut whole = vec![0; spec.height * spec.width];
    let (top, left) = ((spec.height - height) / 2, (spec.width - width) / 2);
    for (row, classes) in classes.chunks(width).enumerate() {
        let start = (top + row) * spec.width + left;
        whole[start..start + width].copy_from_slice(classes);
    }
    Ok(whole)
}

/// Two classes as black and white, more as their numbers.
fn visible(mut mask: GrayImage, classes: usize) -> GrayImage {
    if classes == 2 {
        mask.pixels_mut().for_each(|pixel| pixel.0[0] *= 255);
    }
    mask
}
