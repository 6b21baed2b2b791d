//! Pictures of what a network says.

use std::path::Path;

use anyhow::{Context, Result};
use burn::tensor::Device;
use image::{Rgb, RgbImage, imageops};
use models::Task;

use crate::data::{Mask, Picture, Problem, Source, Target, Window};
use crate::network::Network;

/// How much of a class's colour covers the image.
const OPACITY: f32 = 0.45;

/// How many of the mistakes of a classifier are shown.
const MISTAKES: usize = 24;

/// Colours of the foreground classes, in turn: the Okabe-Ito palette, which the colour-blind can
/// tell apart.
const COLOURS: [[u8; 3]; 7] = [
    [230, 159, 0],
    [86, 180, 233],
    [0, 158, 115],
    [240, 228, 66],
    [0, 114, 178],
    [213, 94, 0],
    [204, 121, 167],
];

/// Writes pictures of test images. Segmentation: each image, its truth and its prediction side by
/// side. Classification: images that were taken for another class, both named in the file's name.
///
/// # Errors
/// If a picture cannot be written.
pub(crate) fn write_samples(
    network: &Network,
    problem: &Problem,
    test: &dyn Source,
    device: &Device,
    folder: &Path,
) -> Result<()> {
    let mut mistakes = 0;
    for index in 0..test.len() {
        let item = test.get(index)?;
        let predicted = predict(network, problem, item.picture.clone(), device)?;
        let picture = match item.target {
            Target::Mask(truth) => {
                let own = item.picture.size();
                let image = bright(&item.picture);
                let size = [problem.image.height, problem.image.width];
                let predicted = Mask::new(size, predicted);
                let predicted = problem.preprocessing.restore(&predicted, own);
                let truth = cover(&image, truth.classes());
                let prediction = cover(&image, predicted.classes());
                Some((item.name, side_by_side(&[image, truth, prediction])))
            }
            Target::Class(class) if predicted != [class as i32] && mistakes < MISTAKES => {
                mistakes += 1;
                let name = format!(
                    "{}_is-{}_taken-for-{}",
                    item.name, problem.classes[class], problem.classes[predicted[0] as usize]
                );
                Some((name, bright(&item.picture)))
            }
            _ => None,
        };
        if let Some((name, picture)) = picture {
            write_png(&picture, &folder.join(format!("{name}.png")))?;
        }
        if problem.task == Task::Classification && mistakes == MISTAKES {
            break;
        }
    }
    Ok(())
}

/// The class of each pixel (or of the image). Pixels that a network with valid convolutions does
/// not speak of are background.
pub(crate) fn predict(
    network: &Network,
    problem: &Problem,
    picture: Picture,
    device: &Device,
) -> Result<Vec<i32>> {
    let images = problem.preprocessing.tensor(picture, device);
    let logits = network.forward(images);
    let [_, _, height, width] = logits.dims();
    let classes = logits.argmax(1).try_into_vec_as::<i32>()?;
    if problem.task == Task::Classification {
        return Ok(classes);
    }
    let full = [problem.image.height, problem.image.width];
    let window = Window::middle(full, [height, width]);
    Ok(window.place(&classes, full, 1, 0))
}

/// A picture to look at, stretched to the full range so that dim ones can be seen.
fn bright(picture: &Picture) -> RgbImage {
    let mut image = picture.to_rgb8();
    let brightest = image.iter().copied().max().unwrap_or(0).max(1);
    for value in image.iter_mut() {
        *value = (255.0 * f32::from(*value) / f32::from(brightest)).round() as u8;
    }
    image
}

/// Lays each foreground class's colour over an image.
pub fn cover(image: &RgbImage, classes: &[i32]) -> RgbImage {
    let mut covered = image.clone();
    for (pixel, &class) in covered.pixels_mut().zip(classes) {
        if class > 0 {
            let colour = COLOURS[(class as usize - 1) % COLOURS.len()];
            for (value, colour) in pixel.0.iter_mut().zip(colour) {
                let mixed = f32::from(*value) * (1.0 - OPACITY) + f32::from(colour) * OPACITY;
                *value = mixed.round() as u8;
            }
        }
    }
    covered
}

/// Pictures of one size in a row, a white line between them.
fn side_by_side(pictures: &[RgbImage]) -> RgbImage {
    const LINE: u32 = 4;
    let (width, height) = pictures[0].dimensions();
    let count = pictures.len() as u32;
    let total = width * count + LINE * (count - 1);
    let mut row = RgbImage::from_pixel(total, height, Rgb([255; 3]));
    for (index, picture) in pictures.iter().enumerate() {
        let left = index as u32 * (width + LINE);
        imageops::replace(&mut row, picture, i64::from(left), 0);
    }
    row
}

/// Writes a picture.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write_png(picture: &RgbImage, path: &Path) -> Result<()> {
    picture
        .save(path)
        .with_context(|| format!("'{}' cannot be written", path.display()))
}
