//! Reading images and masks.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use image::imageops::FilterType;
use image::{ColorType, DynamicImage};
use models::ImageSpec;

/// Reads an image file of any format that is compiled in (PNG, JPEG, BMP, TIFF).
///
/// # Errors
/// If the file is missing or not an image, naming it.
pub fn read_image(path: &Path) -> Result<DynamicImage> {
    let image = image::ImageReader::open(path)
        .with_context(|| format!("the image '{}' cannot be opened", path.display()))?
        .with_guessed_format()
        .with_context(|| format!("the image '{}' cannot be read", path.display()))?;
    image
        .decode()
        .with_context(|| format!("the image '{}' cannot be decoded", path.display()))
}

/// Resizes an image and gives its values from 0 to 1, `[channels, height, width]`.
pub fn resize(image: &DynamicImage, spec: ImageSpec) -> Vec<f32> {
    let size = [image.height() as usize, image.width() as usize];
    let resized;
    let image = match size == [spec.height, spec.width] {
        true => image,
        false => {
            let (width, height) = (spec.width as u32, spec.height as u32);
            resized = image.resize_exact(width, height, FilterType::Triangle);
            &resized
        }
    };
    match spec.channels {
        1 => image.to_luma32f().into_raw(),
        _ => {
            let interleaved = image.to_rgb32f().into_raw();
            let plane = |channel| interleaved.iter().skip(channel).step_by(3).copied();
            (0..3).flat_map(plane).collect()
        }
    }
}

/// How many channels an image is best seen with: 1 where it is gray, else 3.
pub(super) fn channels(image: &DynamicImage) -> usize {
    match image.color() {
        ColorType::L8 | ColorType::L16 | ColorType::La8 | ColorType::La16 => 1,
        _ => 3,
    }
}

/// The class of each pixel of a mask, `[height, width]`.
///
/// With two classes, everything that is not black is the second: masks are drawn as 0 and 255 as
/// often as 0 and 1. With more, the gray value is the class.
///
/// # Errors
/// If a value is not a class.
pub(super) fn mask_classes(
    mask: &DynamicImage,
    spec: ImageSpec,
    classes: usize,
) -> Result<Vec<i32>> {
    let (width, height) = (spec.width as u32, spec.height as u32);
    // Classes cannot be interpolated.
    let mask = mask.resize_exact(width, height, FilterType::Nearest);
    let values = mask.to_luma8().into_raw();
    let class = |value: u8| -> Result<i32> {
        if classes == 2 {
            return Ok(i32::from(value > 0));
        }
        ensure!(
            usize::from(value) < classes,
            "a mask has the value {value}; classes are 0 to {}",
            classes - 1
        );
        Ok(i32::from(value))
    };
    values.into_iter().map(class).collect()
}

pub(super) fn decode_image(bytes: &[u8], spec: ImageSpec) -> Result<Vec<f32>> {
    Ok(resize(&image::load_from_memory(bytes)?, spec))
}

pub(super) fn decode_mask(bytes: &[u8], spec: ImageSpec, classes: usize) -> Result<Vec<i32>> {
    mask_classes(&image::load_from_memory(bytes)?, spec, classes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, RgbImage};

    #[test]
    fn colours_come_plane_by_plane() {
        let image = RgbImage::from_raw(2, 1, vec![255, 0, 51, 0, 255, 102]).expect("6 values");
        let spec = ImageSpec {
            channels: 3,
            height: 1,
            width: 2,
        };
        let pixels = resize(&image.into(), spec);
        assert_eq!(pixels, [1.0, 0.0, 0.0, 1.0, 0.2, 0.4]);
    }

    #[test]
    fn a_mask_value_beyond_the_classes_is_refused() {
        let mask: DynamicImage = GrayImage::from_raw(2, 1, vec![2, 7])
            .expect("2 values")
            .into();
        let spec = ImageSpec {
            channels: 1,
            height: 1,
            width: 2,
        };
        let error = mask_classes(&mask, spec, 3).expect_err("7 is no class");
        assert_eq!(
            error.to_string(),
            "a mask has the value 7; classes are 0 to 2"
        );
        assert_eq!(mask_classes(&mask, spec, 2).expect("two classes"), [1, 1]);
    }
}
