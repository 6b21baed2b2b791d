//! Pictures inside the page.

use std::io::Cursor;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{GrayImage, ImageFormat, RgbImage};

/// A gray picture as the address of an image inside the page: `data:image/png;base64,..`.
///
/// # Errors
/// If there are not as many pixels as the size says.
pub fn gray_png(size: [usize; 2], pixels: &[u8]) -> Result<String> {
    let [height, width] = size.map(|side| side as u32);
    let image = GrayImage::from_raw(width, height, pixels.to_vec());
    let image = image.with_context(|| wrong(size, 1, pixels.len()))?;
    encoded(|buffer| image.write_to(buffer, ImageFormat::Png))
}

/// A picture in colours, red, green and blue side by side, as the address of an image.
///
/// # Errors
/// If there are not as many values as the size says.
pub fn png(size: [usize; 2], pixels: &[u8]) -> Result<String> {
    let [height, width] = size.map(|side| side as u32);
    let image = RgbImage::from_raw(width, height, pixels.to_vec());
    let image = image.with_context(|| wrong(size, 3, pixels.len()))?;
    encoded(|buffer| image.write_to(buffer, ImageFormat::Png))
}

fn encoded(write: impl FnOnce(&mut Cursor<Vec<u8>>) -> image::ImageResult<()>) -> Result<String> {
    let mut buffer = Cursor::new(Vec::new());
    write(&mut buffer)?;
    ensure!(!buffer.get_ref().is_empty(), "an empty picture");
    let text = STANDARD.encode(buffer.into_inner());
    Ok(format!("data:image/png;base64,{text}"))
}

fn wrong([height, width]: [usize; 2], channels: usize, values: usize) -> String {
    format!("a picture of {height}x{width} with {channels} channels of {values} values")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_the_address_of_itself() {
        let address = gray_png([2, 3], &[0, 50, 100, 150, 200, 250]).expect("a picture");
        let text = address
            .strip_prefix("data:image/png;base64,")
            .expect("an address");
        let bytes = STANDARD.decode(text).expect("base64");
        let image = image::load_from_memory(&bytes).expect("a PNG").to_luma8();
        assert_eq!(image.dimensions(), (3, 2));
        assert_eq!(image.into_raw(), [0, 50, 100, 150, 200, 250]);
        assert!(png([2, 3], &[0; 17]).is_err());
    }
}
