//! What a network says of some test images, for every combination of skips that are cut.

use anyhow::{Context, Result};
use burn::data::dataloader::DataLoader;
use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cuts::{LEVELS, chosen, without};
use crate::{Lab, Run, gray_png};

/// How many images are shown.
const SHOWN: usize = 3;

/// Height and width of what is shown of an image, its middle.
const SIDE: usize = 160;

/// An image with the answers to it. Pictures are addresses.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Shown {
    pub image: String,
    pub truth: String,
    /// By combination.
    pub answers: Vec<Answer>,
}

/// An answer to an image.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    pub mask: String,
    /// Of the part that is shown.
    pub iou: f64,
}

/// What the network says of the first, the middle and the last of the test images.
pub(super) fn of(lab: &mut Lab<'_>, run: &Run) -> Result<Vec<Shown>> {
    lab.say("pictures are made");
    lab.kept(
        ("pictures of averaged skips", run.id(), SHOWN, SIDE),
        |device| {
            let learned = run.learned(device)?;
            let mut batches = Vec::new();
            for batch in learned.to_test(device)?.iter() {
                let batch = batch?;
                let truth = batch.targets.classes().context("masks")?.clone();
                batches.push((batch.images, truth));
            }
            let (images, truths): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
            let (images, truths) = (Tensor::cat(images, 0), Tensor::cat(truths, 0));
            let shown = |place| {
                let image = images.clone().narrow(0, place, 1);
                let truth = foreground(truths.clone().narrow(0, place, 1))?;
                let answer = |combination| {
                    let seam = without(&learned, &chosen(combination))?;
                    let (mut outputs, _) = seam.run(|| learned.model.forward(image.clone()));
                    let mask = foreground(outputs.swap_remove(0).argmax(1).squeeze_dim(1))?;
                    Ok(Answer {
                        iou: iou(&mask.values, &truth.values),
                        mask: mask.address()?,
                    })
                };
                Ok(Shown {
                    image: bright(image.clone())?.address()?,
                    truth: truth.address()?,
                    answers: (0..1 << LEVELS).map(answer).collect::<Result<_>>()?,
                })
            };
            places(images.dims()[0]).into_iter().map(shown).collect()
        },
    )
}

/// Evenly spread from the first to the last.
fn places(count: usize) -> Vec<usize> {
    let place = |number: usize| number * (count - 1) / (SHOWN - 1);
    let mut places: Vec<_> = (0..SHOWN.min(count)).map(place).collect();
    places.dedup();
    places
}

/// A gray picture.
struct Gray {
    size: [usize; 2],
    values: Vec<u8>,
}

impl Gray {
    fn address(&self) -> Result<String> {
        gray_png(self.size, &self.values)
    }
}

/// White where there is another class than the background, black elsewhere.
fn foreground(classes: Tensor<3, Int>) -> Result<Gray> {
    let shade = |class: f32| if class > 0.0 { u8::MAX } else { 0 };
    let (size, classes) = middle(classes.float().unsqueeze_dim(1))?;
    Ok(Gray {
        size,
        values: classes.into_iter().map(shade).collect(),
    })
}

/// An image from its darkest to its brightest pixel.
fn bright(image: Tensor<4>) -> Result<Gray> {
    let (size, values) = middle(image.mean_dim(1))?;
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let range = (high - low).max(f32::EPSILON);
    let shade = |value: f32| (255.0 * (value - low) / range).round() as u8;
    Ok(Gray {
        size,
        values: values.into_iter().map(shade).collect(),
    })
}

/// The middle of a map of one channel: its height and width, and its values.
fn middle(map: Tensor<4>) -> Result<([usize; 2], Vec<f32>)> {
    let [_, _, height, width] = map.dims();
    let [rows, columns] = [height, width].map(|side| side.min(SIDE));
    let map = map.narrow(2, (height - rows) / 2, rows);
    let map = map.narrow(3, (width - columns) / 2, columns);
    let values = map.into_data().convert::<f32>().try_to_vec::<f32>()?;
    Ok(([rows, columns], values))
}

/// How much of what either has both have; 1 where neither has anything.
fn iou(answer: &[u8], truth: &[u8]) -> f64 {
    let pairs = || answer.iter().zip(truth);
    let both = pairs()
        .filter(|(answer, truth)| **answer > 0 && **truth > 0)
        .count();
    let either = pairs()
        .filter(|(answer, truth)| **answer > 0 || **truth > 0)
        .count();
    match either {
        0 => 1.0,
        _ => both as f64 / either as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_spread_and_taken_once() {
        assert_eq!(places(24), [0, 11, 23]);
        assert_eq!(places(2), [0]);
        assert_eq!(places(1), [0]);
    }

    #[test]
    fn iou_is_of_what_either_has() {
        assert_eq!(iou(&[255, 255, 0, 0], &[0, 255, 255, 0]), 1.0 / 3.0);
        assert_eq!(iou(&[0, 0], &[0, 0]), 1.0);
    }
}
