//! TIFFs: pages, palettes, and numbers of any width.

use std::io::{BufRead, Seek};

use anyhow::{Context, Result, bail, ensure};
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use super::header::{Header, MOST_MEMORY};
use super::picture::{Picture, Values};

/// The most pages that are looked for.
const MOST_PAGES: usize = 1 << 16;

fn decoder<R: BufRead + Seek>(file: R) -> Result<Decoder<R>> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MOST_MEMORY as usize;
    limits.intermediate_buffer_size = MOST_MEMORY as usize;
    Ok(Decoder::new(file)?.with_limits(limits))
}

/// How many pages there are.
pub(super) fn pages(file: impl BufRead + Seek) -> Result<usize> {
    let mut decoder = decoder(file)?;
    let mut pages = 1;
    while decoder.more_images() {
        ensure!(pages < MOST_PAGES, "it has more than {MOST_PAGES} pages");
        decoder.next_image()?;
        pages += 1;
    }
    Ok(pages)
}

/// The size and colours of the first page.
pub(super) fn header(file: impl BufRead + Seek) -> Result<Header> {
    let mut decoder = decoder(file)?;
    let (width, height) = decoder.dimensions()?;
    let channels = match decoder.colortype()? {
        ColorType::Gray(_) | ColorType::GrayA(_) => 1,
        ColorType::Multiband { num_samples, .. } => usize::from(num_samples),
        _ => 3,
    };
    Ok(Header {
        size: [height as usize, width as usize],
        channels,
    })
}

/// Reads a page. Whole numbers of 32 bits are taken for shades from 0 to the highest.
pub(super) fn page(file: impl BufRead + Seek, page: usize) -> Result<Picture> {
    let mut decoder = decoder(file)?;
    if page > 0 {
        decoder.seek_to_image(page)?;
    }
    let (width, height) = decoder.dimensions()?;
    let size = [height as usize, width as usize];
    let colour = decoder.colortype()?;
    let palette = match colour {
        ColorType::Palette(_) => Some(decoder.get_tag_u16_vec(Tag::ColorMap)?),
        _ => None,
    };
    // How many numbers a pixel has, and how many of them are seen.
    let (samples, channels) = match colour {
        ColorType::Gray(_) | ColorType::Palette(_) => (1, 1),
        ColorType::GrayA(_) => (2, 1),
        ColorType::RGB(_) => (3, 3),
        ColorType::RGBA(_) => (4, 3),
        ColorType::Multiband { num_samples, .. } if num_samples > 0 => {
            (usize::from(num_samples), usize::from(num_samples))
        }
        other => {
            bail!("its colours are {other:?}; must be gray, a palette, red, green, blue, or bands")
        }
    };
    let bits = colour.bit_depth();
    let values = match decoder.read_image()? {
        DecodingResult::U8(values) if bits < 8 => {
            ensure!(
                matches!(bits, 1 | 2 | 4),
                "its numbers have {bits} bits; must be 1, 2, 4, 8, 16, 32 or 64"
            );
            let values = unpacked(&values, size, usize::from(bits));
            let highest = (1u16 << bits) - 1;
            match palette {
                // Places in the palette.
                Some(_) => Values::U8(values),
                None => {
                    let stretch = |value| (u16::from(value) * 255 / highest) as u8;
                    Values::U8(values.into_iter().map(stretch).collect())
                }
            }
        }
        DecodingResult::U8(values) => Values::U8(values),
        DecodingResult::U16(values) => Values::U16(values),
        DecodingResult::U32(values) => {
            let unit = |value| (f64::from(value) / f64::from(u32::MAX)) as f32;
            Values::F32(values.into_iter().map(unit).collect())
        }
        DecodingResult::F32(values) => Values::F32(finite(values)?),
        DecodingResult::F64(values) => Values::F32(finite(
            values.into_iter().map(|value| value as f32).collect(),
        )?),
        _ => bail!("its numbers are of a kind that is not read; must be whole or f32, f64"),
    };
    let pixels = size[0] * size[1];
    if let Some(palette) = palette {
        let Values::U8(places) = values else {
            bail!("its palette has more than 256 colours");
        };
        ensure!(places.len() == pixels, "it has not a value for each pixel");
        let count = palette.len() / 3;
        let colour = |place: u8| [0, 1, 2].map(|c| palette.get(c * count + usize::from(place)));
        let mut colours = Vec::with_capacity(3 * pixels);
        for place in places {
            for value in colour(place) {
                let value = value.context("its palette has not all of its colours")?;
                colours.push((value >> 8) as u8);
            }
        }
        return Ok(Picture::new(size, 3, Values::U8(colours)));
    }
    let values = match values {
        Values::U8(values) => Values::U8(first(values, samples, channels)),
        Values::U16(values) => Values::U16(first(values, samples, channels)),
        Values::F32(values) => Values::F32(first(values, samples, channels)),
    };
    ensure!(
        values.len() == pixels * channels && pixels > 0,
        "it has not a value for each pixel"
    );
    Ok(Picture::new(size, channels, values))
}

/// Values of fewer than 8 bits, each row in whole bytes, the first pixel in the highest bits.
fn unpacked(bytes: &[u8], [height, width]: [usize; 2], bits: usize) -> Vec<u8> {
    let line = (width * bits).div_ceil(8).max(1);
    let rows = bytes.chunks(line).take(height);
    let value = |row: &[u8], column: usize| {
        let place = column * bits;
        let byte = row.get(place / 8).copied().unwrap_or(0);
        (byte >> (8 - bits - place % 8)) & ((1 << bits) - 1)
    };
    rows.flat_map(|row| (0..width).map(move |column| value(row, column)))
        .collect()
}

fn finite(values: Vec<f32>) -> Result<Vec<f32>> {
    ensure!(
        values.iter().all(|value| value.is_finite()),
        "it has values that are no numbers"
    );
    Ok(values)
}

/// The first numbers of each pixel, without its transparency.
fn first<T: Copy>(values: Vec<T>, samples: usize, channels: usize) -> Vec<T> {
    if samples == channels {
        return values;
    }
    let pixels = values.chunks_exact(samples);
    pixels
        .flat_map(|pixel| pixel[..channels].iter().copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::mutations;
    use std::io::Cursor;
    use tiff::encoder::{TiffEncoder, colortype};

    fn two_pages() -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).expect("a file");
        encoder
            .write_image::<colortype::Gray16>(3, 2, &[0, 1, 2, 3, 4, 65535])
            .expect("writes");
        encoder
            .write_image::<colortype::Gray32Float>(2, 1, &[0.25, -1.0])
            .expect("writes");
        bytes.into_inner()
    }

    #[test]
    fn every_page_is_read_at_its_depth() {
        let bytes = two_pages();
        assert_eq!(pages(Cursor::new(&bytes)).expect("reads"), 2);
        let read = |number| page(Cursor::new(&bytes), number).expect("reads");
        assert_eq!(read(0).size(), [2, 3]);
        assert_eq!(*read(0).values(), Values::U16(vec![0, 1, 2, 3, 4, 65535]));
        assert_eq!(*read(1).values(), Values::F32(vec![0.25, -1.0]));
        assert!(page(Cursor::new(&bytes), 2).is_err());
        let header = header(Cursor::new(&bytes)).expect("reads");
        assert_eq!((header.size, header.channels), ([2, 3], 1));
    }

    #[test]
    fn transparency_is_left_out() {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).expect("a file");
        encoder
            .write_image::<colortype::RGBA8>(1, 1, &[1, 2, 3, 0])
            .expect("writes");
        let picture = page(Cursor::new(bytes.into_inner()), 0).expect("reads");
        assert_eq!(*picture.values(), Values::U8(vec![1, 2, 3]));
    }

    #[test]
    fn values_of_few_bits_begin_in_the_highest() {
        assert_eq!(
            unpacked(&[0b00_01_10_11, 0b01_000000], [1, 5], 2),
            [0, 1, 2, 3, 1]
        );
    }

    #[test]
    fn damaged_files_are_errors() {
        for bytes in mutations(&two_pages(), 3000) {
            for number in 0..2 {
                page(Cursor::new(&bytes), number).ok();
            }
            pages(Cursor::new(&bytes)).ok();
        }
    }
}
