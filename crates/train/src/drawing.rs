//! Pictures of what a network says.

use std::path::Path;

use anyhow::{Context, Result};
use image::{DynamicImage, Rgb, RgbImage, imageops};

use crate::data::Picture;

/// How much of a class's colour covers the image.
const OPACITY: f32 = 0.45;

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

/// A picture of values from 0 to 1, `[channels, height, width]`: gray of one channel, colours of
/// three.
pub(crate) fn of_values(values: &[f32], [channels, height, width]: [usize; 3]) -> RgbImage {
    let plane = height * width;
    RgbImage::from_fn(width as u32, height as u32, |column, row| {
        let position = row as usize * width + column as usize;
        Rgb(std::array::from_fn(|colour| {
            let value = values[(colour % channels) * plane + position];
            (255.0 * value.clamp(0.0, 1.0)).round() as u8
        }))
    })
}

/// A picture to look at, stretched to the full range so that dim ones can be seen.
pub(crate) fn bright(picture: &Picture) -> RgbImage {
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

/// The image with a cross at each place.
pub(crate) fn crosses(image: &RgbImage, places: impl Iterator<Item = [f32; 2]>) -> RgbImage {
    const ARM: i64 = 2;
    const COLOUR: Rgb<u8> = Rgb([230, 159, 0]);
    let mut marked = image.clone();
    for [row, column] in places.map(|place| place.map(|along| along.round() as i64)) {
        for step in -ARM..=ARM {
            for (row, column) in [(row + step, column), (row, column + step)] {
                if let (Ok(row), Ok(column)) = (u32::try_from(row), u32::try_from(column))
                    && let Some(pixel) = marked.get_pixel_mut_checked(column, row)
                {
                    *pixel = COLOUR;
                }
            }
        }
    }
    marked
}

/// Pictures in a row, a white line between them.
pub(crate) fn side_by_side(pictures: &[RgbImage]) -> RgbImage {
    const LINE: u32 = 4;
    let count = pictures.len() as u32;
    let width: u32 = pictures.iter().map(RgbImage::width).sum();
    let height = pictures.iter().map(RgbImage::height).max().unwrap_or(0);
    let mut row = RgbImage::from_pixel(width + LINE * (count - 1), height, Rgb([255; 3]));
    let mut left = 0;
    for picture in pictures {
        imageops::replace(&mut row, picture, i64::from(left), 0);
        left += picture.width() + LINE;
    }
    row
}

/// Writes a picture.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write_png(picture: &DynamicImage, path: &Path) -> Result<()> {
    picture
        .save(path)
        .with_context(|| format!("'{}' cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_at_the_edge_stay_inside() {
        let image = RgbImage::new(3, 3);
        let marked = crosses(&image, [[0.0, 2.0]].into_iter());
        assert_eq!(marked.get_pixel(2, 0), &Rgb([230, 159, 0]));
        assert_eq!(marked.get_pixel(0, 2), &Rgb([0, 0, 0]));
    }
}
