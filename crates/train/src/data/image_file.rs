//! Reading images.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageReader, Limits};

use super::header::{Header, MOST_MEMORY};
use super::pages::Pages;
use super::picture::Picture;
use super::tiff_file;

/// The endings of files that are taken for images.
pub(super) const ENDINGS: [&str; 7] = ["png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp"];

/// The most rows and columns of an image.
const MOST_PIXELS_A_SIDE: u32 = 1 << 16;

/// Reads an image file of any format that is compiled in (PNG, JPEG, BMP, TIFF, WebP), at its own size
/// and depth, laid as its EXIF orientation says.
///
/// # Errors
/// If the file is missing, not an image or too large, naming it.
pub fn read_picture(path: &Path) -> Result<Picture> {
    read_page(path, 0)
}

/// Reads a page of an image file; only TIFFs have more than the first.
pub(super) fn read_page(path: &Path, page: usize) -> Result<Picture> {
    let first = || Ok(Picture::from_image(decode(open(path)?)?));
    let read = match page {
        // What the image crate does not read of TIFFs: palettes, and fractions in gray.
        0 => first().or_else(|error| tiff_file::page(open(path)?, 0).map_err(|_| error)),
        page => open(path).and_then(|file| tiff_file::page(file, page)),
    };
    read.with_context(|| format!("the image '{}' cannot be decoded", path.display()))
}

/// Reads an image file: its first page, or all of its pages as channels.
pub(super) fn read_as(path: &Path, pages: Pages) -> Result<Picture> {
    if pages != Pages::Channels {
        return read_picture(path);
    }
    let count = pages_of(path)?;
    let pages = (0..count).map(|page| read_page(path, page));
    let pages = pages.collect::<Result<Vec<_>>>()?;
    Picture::stacked(&pages).with_context(|| {
        format!(
            "the pages of '{}' have not one size and depth, as channels must have",
            path.display()
        )
    })
}

/// How many pages an image file has.
pub(super) fn pages_of(path: &Path) -> Result<usize> {
    Ok(tiff_file::pages(open(path)?).unwrap_or(1))
}

/// Reads an image from memory.
pub(super) fn picture_from(bytes: &[u8]) -> Result<Picture> {
    Ok(Picture::from_image(decode(Cursor::new(bytes))?))
}

/// Reads no more of an image's file than it must.
///
/// # Errors
/// If the file is missing or not an image, naming it.
pub(super) fn read_header(path: &Path) -> Result<Header> {
    let file = open(path)?;
    let header = || -> Result<Header> {
        let mut decoder = reader(file)?.into_decoder()?;
        let (width, height) = decoder.dimensions();
        let size = [height as usize, width as usize];
        let turned = matches!(
            decoder.orientation()?,
            Orientation::Rotate90
                | Orientation::Rotate270
                | Orientation::Rotate90FlipH
                | Orientation::Rotate270FlipH
        );
        let gray = matches!(
            decoder.color_type(),
            ColorType::L8 | ColorType::L16 | ColorType::La8 | ColorType::La16
        );
        Ok(Header {
            size: if turned { [size[1], size[0]] } else { size },
            channels: if gray { 1 } else { 3 },
        })
    };
    let header = header().or_else(|error| tiff_file::header(open(path)?).map_err(|_| error));
    header.with_context(|| format!("the image '{}' cannot be decoded", path.display()))
}

/// How many bytes a file has.
pub(super) fn bytes_of(path: &Path) -> Result<u64> {
    let metadata = std::fs::metadata(path)
        .with_context(|| format!("the image '{}' cannot be opened", path.display()))?;
    Ok(metadata.len())
}

pub(super) fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path)
        .with_context(|| format!("the image '{}' cannot be opened", path.display()))?;
    Ok(BufReader::new(file))
}

/// Decodes an image and lays it as its EXIF orientation says.
pub(super) fn decode(file: impl BufRead + Seek) -> Result<DynamicImage> {
    let mut decoder = reader(file)?.into_decoder()?;
    let needed = decoder.total_bytes();
    ensure!(
        needed <= MOST_MEMORY,
        "it needs {needed} bytes; at most {MOST_MEMORY} are allowed"
    );
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn reader<R: BufRead + Seek>(file: R) -> Result<ImageReader<R>> {
    let mut reader = ImageReader::new(file).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS_A_SIDE);
    limits.max_image_height = Some(MOST_PIXELS_A_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    Ok(reader)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::picture::Values;
    use crate::hostile::mutations;
    use image::{ExtendedColorType, ImageEncoder, ImageFormat, Luma, RgbImage};
    use std::fs;
    use tempfile::tempdir;

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).expect("encodes");
        bytes.into_inner()
    }

    /// A JPEG of one white pixel above a black one, with an EXIF block that says how to turn it.
    fn turned(orientation: u8) -> Vec<u8> {
        let mut image = image::GrayImage::new(16, 32);
        for pixel in image.pixels_mut().take(16 * 16) {
            *pixel = Luma([255]);
        }
        let exif = [
            b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
            &[orientation, 0, 0, 0, 0, 0, 0],
        ]
        .concat();
        let jpeg = encoded(&image.into(), ImageFormat::Jpeg);
        let length = (exif.len() as u16 + 2).to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn an_exif_orientation_is_applied() {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("photo.jpg");
        let read = |orientation| {
            fs::write(&path, turned(orientation)).expect("writes");
            let picture = read_picture(&path).expect("reads");
            assert_eq!(read_header(&path).expect("reads").size, picture.size());
            picture
        };
        let as_it_is = read(1);
        assert_eq!(as_it_is.size(), [32, 16]);
        // To be turned by a quarter clockwise: the white top comes to the right.
        let turned = read(6);
        assert_eq!(turned.size(), [16, 32]);
        let row = &turned.plane(0)[8 * 32..9 * 32];
        assert!(row[4] < 0.1 && row[28] > 0.9, "{row:?}");
        let upside_down = read(3);
        let column = upside_down.plane(0);
        assert!(column[4 * 16] < 0.1 && column[28 * 16] > 0.9);
    }

    #[test]
    fn a_file_of_sixteen_bits_is_read_at_its_depth() {
        let image = image::ImageBuffer::<Luma<u16>, _>::from_raw(2, 1, vec![3, 40_000]);
        let image: DynamicImage = image.expect("2 x 1").into();
        for format in [ImageFormat::Png, ImageFormat::Tiff] {
            let picture = picture_from(&encoded(&image, format)).expect("reads");
            assert_eq!(*picture.values(), Values::U16(vec![3, 40_000]));
        }
    }

    #[test]
    fn a_file_that_would_fill_the_memory_is_an_error_at_once() {
        // A header of 60,000 x 60,000 pixels and no more.
        let mut header = Vec::new();
        image::codecs::png::PngEncoder::new(&mut header)
            .write_image(&[0], 1, 1, ExtendedColorType::L8)
            .expect("encodes");
        let sides = 60_000_u32.to_be_bytes();
        header[16..20].copy_from_slice(&sides);
        header[20..24].copy_from_slice(&sides);
        let sum = crc32(&header[12..29]).to_be_bytes();
        header[29..33].copy_from_slice(&sum);
        let error = picture_from(&header).expect_err("too large");
        assert_eq!(
            error.to_string(),
            "it needs 3600000000 bytes; at most 536870912 are allowed"
        );
    }

    fn crc32(bytes: &[u8]) -> u32 {
        let mut sum = flate2::Crc::new();
        sum.update(bytes);
        sum.sum()
    }

    #[test]
    fn damaged_files_are_errors_or_pictures() {
        let image = RgbImage::from_fn(19, 13, |x, y| image::Rgb([x as u8 * 9, y as u8 * 9, 77]));
        let gray = DynamicImage::from(image.clone()).to_luma16();
        for image in [DynamicImage::from(image), gray.into()] {
            for format in [
                ImageFormat::Png,
                ImageFormat::Jpeg,
                ImageFormat::Bmp,
                ImageFormat::Tiff,
            ] {
                let mut bytes = Cursor::new(Vec::new());
                if image.write_to(&mut bytes, format).is_err() {
                    continue;
                }
                let whole = bytes.into_inner();
                for damaged in mutations(&whole, 500) {
                    if let Ok(picture) = picture_from(&damaged) {
                        assert!(picture.size().into_iter().product::<usize>() > 0);
                    }
                }
            }
        }
    }
}
