//! Reading the values of masks.

use std::io::{BufRead, Cursor, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use image::DynamicImage;
use png::{ColorType, Decoder, Limits, Transformations};

use super::header::MOST_MEMORY;
use super::image_file::{decode, open};
use super::mask_values::{MaskReading, MaskValues};
use super::survey::survey;

const PNG: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// The values of a mask's pixels, before they are classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawMask {
    /// Height and width.
    pub size: [usize; 2],
    /// Row by row: the places in the palette where the file has one, else the gray values.
    pub values: Vec<u16>,
}

/// Reads a mask's file.
///
/// # Errors
/// If it is missing, not an image or not a mask, naming it.
pub(super) fn read_mask(path: &Path, reading: &MaskReading) -> Result<RawMask> {
    let file = open(path)?;
    let mask = match &reading.values {
        MaskValues::Colours(colours) => decode(file).and_then(|image| places(image, colours)),
        _ => raw_mask(file),
    };
    mask.with_context(|| format!("the mask '{}' cannot be decoded", path.display()))
}

/// The same reading for masks of which these are some: what their values stand for is looked up.
///
/// # Errors
/// If one cannot be read, or they have too many values for classes.
pub(super) fn values_of(masks: &[&Path], reading: MaskReading) -> Result<MaskReading> {
    let told = reading.clone().with_values(&[])?;
    if told.is_told() {
        return Ok(told);
    }
    /// Which values there are.
    #[derive(Default)]
    struct Seen(Vec<bool>);
    let look = |seen: &mut Seen, index: usize| {
        let mask = read_mask(masks[index], &reading)?;
        seen.0.resize(1 << 16, false);
        for value in mask.values {
            seen.0[usize::from(value)] = true;
        }
        Ok(())
    };
    let merge = |all: &mut Seen, part: Seen| {
        all.0.resize(1 << 16, false);
        for (all, part) in all.0.iter_mut().zip(part.0) {
            *all |= part;
        }
    };
    let seen = survey(masks.len(), look, merge)?;
    let values = (0..=u16::MAX).zip(seen.0).filter(|(_, seen)| *seen);
    let values: Vec<u16> = values.map(|(value, _)| value).collect();
    reading.with_values(&values)
}

/// The place of each pixel's colour in a list.
fn places(image: DynamicImage, colours: &[(String, [u8; 3])]) -> Result<RawMask> {
    let size = [image.height() as usize, image.width() as usize];
    let image = image.to_rgb8();
    let mut values = Vec::with_capacity(size[0] * size[1]);
    for (column, row, pixel) in image.enumerate_pixels() {
        // Neighbours have one colour as a rule.
        let last = values.last().copied().map(usize::from);
        let place = last.filter(|&last| colours[last].1 == pixel.0);
        let place = place.or_else(|| colours.iter().position(|(_, own)| *own == pixel.0));
        let place = place.with_context(|| {
            format!(
                "the pixel in row {row}, column {column} has the colour {:?}, which is none of \
                 data.mask_colours",
                pixel.0
            )
        })?;
        values.push(place as u16);
    }
    Ok(RawMask { size, values })
}

/// Reads a mask from memory.
pub(super) fn mask_from(bytes: &[u8]) -> Result<RawMask> {
    raw_mask(Cursor::new(bytes))
}

fn raw_mask(mut file: impl BufRead + Seek) -> Result<RawMask> {
    let mut start = [0; PNG.len()];
    let is_png = file.read_exact(&mut start).is_ok() && start == PNG;
    file.seek(SeekFrom::Start(0))?;
    if is_png && let Some(mask) = raw_png(&mut file)? {
        return Ok(mask);
    }
    file.seek(SeekFrom::Start(0))?;
    gray_values(decode(file)?)
}

/// The values of a PNG as they stand in the file, which decoders of images replace by colours and
/// stretch to whole bytes; none if they are colours.
fn raw_png(file: impl BufRead + Seek) -> Result<Option<RawMask>> {
    let limits = Limits {
        bytes: MOST_MEMORY as usize,
    };
    let mut decoder = Decoder::new_with_limits(file, limits);
    decoder.set_transformations(Transformations::IDENTITY);
    let mut reader = decoder.read_info()?;
    let info = reader.info();
    let (width, height) = (info.width as usize, info.height as usize);
    let bits = info.bit_depth as usize;
    if !matches!(info.color_type, ColorType::Indexed | ColorType::Grayscale) {
        return Ok(None);
    }
    let needed = reader.output_buffer_size();
    let needed = needed.filter(|&needed| needed as u64 <= MOST_MEMORY / 2);
    let needed = needed.with_context(|| format!("{width}x{height} pixels are too many"))?;
    let mut bytes = vec![0; needed];
    let line = reader.next_frame(&mut bytes)?.line_size;
    let mut values = Vec::with_capacity(height * width);
    for row in bytes.chunks_exact(line).take(height) {
        match bits {
            16 => {
                let words = row.chunks_exact(2);
                values.extend(words.map(|word| u16::from_be_bytes([word[0], word[1]])));
            }
            8 => values.extend(row.iter().map(|&byte| u16::from(byte))),
            // The first pixel is in a byte's highest bits.
            _ => values.extend((0..width).map(|column| {
                let first = column * bits;
                let byte = row[first / 8] >> (8 - bits - first % 8);
                u16::from(byte) & ((1 << bits) - 1)
            })),
        }
    }
    Ok(Some(RawMask {
        size: [height, width],
        values,
    }))
}

/// The values of an image that is gray, or whose colours are.
fn gray_values(image: DynamicImage) -> Result<RawMask> {
    let size = [image.height() as usize, image.width() as usize];
    let values = match &image {
        DynamicImage::ImageLuma16(_) | DynamicImage::ImageLumaA16(_) => {
            image.to_luma16().into_raw()
        }
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageLumaA8(_) => {
            let values = image.to_luma8().into_raw();
            values.into_iter().map(u16::from).collect()
        }
        DynamicImage::ImageRgb8(_) | DynamicImage::ImageRgba8(_) => {
            let image = image.to_rgb8();
            let gray = |[red, green, blue]: [u8; 3]| red == green && green == blue;
            let colour = image.pixels().find(|pixel| !gray(pixel.0));
            ensure!(
                colour.is_none(),
                "it is in colours; a mask is gray or has a palette, its values are the classes, unless data.mask_colours tells what its colours stand for"
            );
            image.pixels().map(|pixel| u16::from(pixel.0[0])).collect()
        }
        _ => bail!(
            "it is in colours; a mask is gray or has a palette, its values are the classes, unless data.mask_colours tells what its colours stand for"
        ),
    };
    Ok(RawMask { size, values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::mutations;
    use image::{GrayImage, ImageFormat, Rgb, RgbImage};

    /// A PNG of 5x2 pixels, its rows packed into these bytes.
    fn png(colour: ColorType, depth: png::BitDepth, rows: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 5, 2);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        if colour == ColorType::Indexed {
            encoder.set_palette(
                (0..=255)
                    .flat_map(|i| [255 - i, i / 2, 9])
                    .collect::<Vec<u8>>(),
            );
        }
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(rows).expect("5 x 2");
        writer.finish().expect("an end");
        bytes
    }

    fn values(bytes: &[u8]) -> Vec<u16> {
        let mask = mask_from(bytes).expect("reads");
        assert_eq!(mask.size, [2, 5]);
        mask.values
    }

    #[test]
    fn the_values_of_a_palette_are_its_places() {
        let bytes = png(
            ColorType::Indexed,
            png::BitDepth::Eight,
            &[0, 1, 2, 3, 255, 9, 8, 7, 6, 5],
        );
        assert_eq!(values(&bytes), [0, 1, 2, 3, 255, 9, 8, 7, 6, 5]);
    }

    #[test]
    fn small_values_are_not_stretched() {
        let rows = [0b00_01_10_11, 0b01_000000, 0b11_10_01_00, 0b10_000000];
        for colour in [ColorType::Grayscale, ColorType::Indexed] {
            let bytes = png(colour, png::BitDepth::Two, &rows);
            assert_eq!(values(&bytes), [0, 1, 2, 3, 1, 3, 2, 1, 0, 2]);
        }
        let bytes = png(
            ColorType::Grayscale,
            png::BitDepth::One,
            &[0b1011_0000, 0b0100_1000],
        );
        assert_eq!(values(&bytes), [1, 0, 1, 1, 0, 0, 1, 0, 0, 1]);
    }

    #[test]
    fn sixteen_bits_are_kept() {
        let rows: Vec<u8> = (0..10)
            .flat_map(|value: u16| (value * 300).to_be_bytes())
            .collect();
        let bytes = png(ColorType::Grayscale, png::BitDepth::Sixteen, &rows);
        assert_eq!(
            values(&bytes),
            [0, 300, 600, 900, 1200, 1500, 1800, 2100, 2400, 2700]
        );
    }

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).expect("encodes");
        bytes.into_inner()
    }

    #[test]
    fn gray_that_is_written_as_colours_is_gray() {
        let gray = GrayImage::from_raw(2, 1, vec![7, 200]).expect("2 x 1");
        let colours = DynamicImage::from(gray).to_rgb8().into();
        for format in [ImageFormat::Png, ImageFormat::Bmp] {
            let mask = mask_from(&encoded(&colours, format)).expect("reads");
            assert_eq!(mask.values, [7, 200]);
        }
    }

    #[test]
    fn colours_are_refused() {
        let image = RgbImage::from_pixel(2, 2, Rgb([200, 0, 0]));
        let error = mask_from(&encoded(&image.into(), ImageFormat::Png)).expect_err("red");
        assert!(error.to_string().starts_with("it is in colours; "));
    }

    #[test]
    fn damaged_masks_are_errors() {
        let rows = [0b00_01_10_11, 0b01_000000, 0b11_10_01_00, 0b10_000000];
        let reading = MaskReading::of(MaskValues::Numbers { classes: 3 });
        for colour in [ColorType::Grayscale, ColorType::Indexed] {
            for bytes in mutations(&png(colour, png::BitDepth::Two, &rows), 2000) {
                if let Ok(mask) = mask_from(&bytes) {
                    reading.mask(mask.size, &mask.values).ok();
                }
            }
        }
    }
}
