//! Pictures of what a network says.

use std::path::Path;

use anyhow::{Context, Result};
use burn::data::dataloader::batcher::Batcher;
use burn::tensor::Device;
use image::{Rgb, RgbImage, imageops};
use models::Task;

use crate::data::{ImageBatcher, Problem, Sample, Samples};
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
    test: &Samples,
    device: &Device,
    folder: &Path,
) -> Result<()> {
    let batcher = ImageBatcher::plain(problem);
    let mut mistakes = 0;
    for sample in test.as_slice() {
        let predicted = predict(network, &batcher, sample, device)?;
        let picture = match problem.task {
            Task::Segmentation => {
                let image = to_picture(&sample.pixels, problem);
                let truth = cover(&image, &sample.target);
                let prediction = cover(&image, &predicted);
                Some((
                    sample.name.clone(),
                    side_by_side(&[image, truth, prediction]),
                ))
            }
            Task::Classification if predicted != sample.target && mistakes < MISTAKES => {
                mistakes += 1;
                let class = |classes: &[i32]| &problem.classes[classes[0] as usize];
                let name = format!(
                    "{}_is-{}_taken-for-{}",
                    sample.name,
                    class(&sample.target),
                    class(&predicted)
                );
                Some((name, to_picture(&sample.pixels, problem)))
            }
            Task::Classification => None,
        };
        if let Some((name, picture)) = picture {
            write_png(&picture, &folder.join(format!("{name}.png")))?;
        }
    }
    Ok(())
}

/// The class of each pixel (or of the image). Pixels that a network with valid convolutions does
/// not speak of are background.
fn predict(
    network: &Network,
    batcher: &ImageBatcher,
    sample: &Sample,
    device: &Device,
) -> Result<Vec<i32>> {
    let batch = batcher.batch(vec![sample.clone()], device);
    let [_, full_height, full_width] = batch.targets.dims();
    let output = network.forward_loss(batch);
    let [_, height, width] = output.targets.dims();
    let classes = output.predictions().try_into_vec_as::<i32>()?;
    if [height, width] == [full_height, full_width] {
        return Ok(classes);
    }
    let mut full = vec![0; full_height * full_width];
    let (top, left) = ((full_height - height) / 2, (full_width - width) / 2);
    for (row, classes) in classes.chunks(width).enumerate() {
        let start = (top + row) * full_width + left;
        full[start..start + width].copy_from_slice(classes);
    }
    Ok(full)
}

/// An image of values from 0 to 1, stretched to the full range so that dim ones can be seen.
fn to_picture(pixels: &[f32], problem: &Problem) -> RgbImage {
    let [channels, height, width] = problem.image.dims();
    let brightest = pixels.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let plane = height * width;
    RgbImage::from_fn(width as u32, height as u32, |column, row| {
        let position = row as usize * width + column as usize;
        Rgb(std::array::from_fn(|colour| {
            let value = pixels[(colour % channels) * plane + position];
            (255.0 * value / brightest).round() as u8
        }))
    })
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
