//! Transforms drawn from a list of many.

use anyhow::{Result, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::affine::{slant, turn};
use super::canvas::Canvas;
use super::colour::{brighten, contrast, saturate};
use super::{Change, Drawn};

/// Draws so many of 14 transforms, one after the other, each of one strength: "RandAugment:
/// Practical Automated Data Augmentation with a Reduced Search Space" (Cubuk et al. 2020), with the
/// paper's strengths at 10 of 30: 0.1 of shear, 45 per mille of a side, 10 degrees, colours by 0.3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandAugment {
    /// How many are drawn, 1 to 14.
    pub count: usize,
    /// How strong they are, 0 to 30.
    pub magnitude: usize,
}

impl Default for RandAugment {
    fn default() -> Self {
        Self {
            count: 2,
            magnitude: 9,
        }
    }
}

/// One of them, of a strength that is drawn too.
pub(super) struct TrivialAugment;

/// The strongest of the 31 strengths.
const STRONGEST: usize = 30;

impl Change for RandAugment {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let strength = self.magnitude as f32 / STRONGEST as f32;
        // Sides of 331 pixels move by 150 in the paper's search.
        let side = drawn
            .geometry
            .seen()
            .map(|side| side as f32 * 150.0 / 331.0);
        let space = Space {
            shear: 0.3,
            moves: side,
            degrees: 30.0,
            colours: 0.9,
            bits: 4,
        };
        for _ in 0..self.count {
            space.draw(strength, drawn, random);
        }
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        ensure!(
            (1..=14).contains(&self.count),
            "rand_augment.count {}: must be 1 to 14",
            self.count
        );
        ensure!(
            self.magnitude <= STRONGEST,
            "rand_augment.magnitude {}: must be 0 to {STRONGEST}",
            self.magnitude
        );
        Ok(size)
    }
}

impl Change for TrivialAugment {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let strength = random.random_range(0..=STRONGEST) as f32 / STRONGEST as f32;
        let space = Space {
            shear: 0.99,
            moves: [32.0; 2],
            degrees: 135.0,
            colours: 0.99,
            bits: 6,
        };
        space.draw(strength, drawn, random);
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        Ok(size)
    }
}

/// What the strongest of each transform does.
struct Space {
    /// Pixels for each that rows or columns are slanted by.
    shear: f32,
    /// Pixels, along rows and columns.
    moves: [f32; 2],
    degrees: f32,
    /// How far factors are from 1.
    colours: f32,
    /// How many of 8 bits are left out.
    bits: u32,
}

impl Space {
    /// Draws one transform and applies it with a strength of 0 to 1.
    fn draw(&self, strength: f32, drawn: &mut Drawn, random: &mut StdRng) {
        let kind = random.random_range(0..14);
        // Drawn always, so that what follows does not depend on the kind.
        let signed = if random.random() { strength } else { -strength };
        let factor = 1.0 + signed * self.colours;
        let moved = |dim: usize| {
            let mut by = [0; 2];
            by[dim] = (signed * self.moves[dim]).round() as i64;
            by
        };
        match kind {
            0 => {}
            1 => slant(drawn, signed * self.shear, false),
            2 => slant(drawn, signed * self.shear, true),
            3 => drawn.geometry.look(|window| window.shift(moved(1))),
            4 => drawn.geometry.look(|window| window.shift(moved(0))),
            5 => turn(drawn, signed * self.degrees),
            6 => drawn.paint(move |canvas| brighten(canvas, factor)),
            7 => drawn.paint(move |canvas| saturate(canvas, factor)),
            8 => drawn.paint(move |canvas| contrast(canvas, factor)),
            9 => drawn.paint(move |canvas| sharpen(canvas, factor)),
            10 => {
                let bits = 8 - (strength * self.bits as f32).round() as u32;
                drawn.paint(move |canvas| posterize(canvas, bits));
            }
            11 => drawn.paint(move |canvas| solarize(canvas, 1.0 - strength)),
            12 => drawn.paint(stretch),
            _ => drawn.paint(equalize),
        }
    }
}

/// Goes from an image smoothed with weights of 1, and of 5 in the middle, towards itself and past
/// it. Pixels at the edge stay.
fn sharpen(canvas: &mut Canvas, factor: f32) {
    let [height, width] = canvas.size;
    let channels = canvas.channels;
    let own = canvas.values.clone();
    let smooth = |place: usize| {
        let (pixel, channel) = (place / channels, place % channels);
        let (row, column) = (pixel / width, pixel % width);
        if row == 0 || column == 0 || row + 1 == height || column + 1 == width {
            return own[place];
        }
        let mut sum = 4.0 * own[place];
        for row in row - 1..=row + 1 {
            for column in column - 1..=column + 1 {
                sum += own[(row * width + column) * channels + channel];
            }
        }
        sum / 13.0
    };
    canvas.away_from(smooth, factor);
}

/// Keeps the highest bits of 8.
fn posterize(canvas: &mut Canvas, bits: u32) {
    let steps = (1 << (8 - bits)) as f32;
    canvas.each(|value| ((value * 255.0 + 0.5).floor() / steps).floor() * steps / 255.0);
}

/// Inverts what is as bright as a threshold or brighter.
fn solarize(canvas: &mut Canvas, threshold: f32) {
    canvas.each(|value| {
        if value >= threshold {
            1.0 - value
        } else {
            value
        }
    });
}

/// Stretches each channel so that it reaches from black to white.
fn stretch(canvas: &mut Canvas) {
    for channel in 0..canvas.channels {
        let own = || canvas.values.iter().skip(channel).step_by(canvas.channels);
        let low = own().copied().fold(f32::INFINITY, f32::min);
        let high = own().copied().fold(f32::NEG_INFINITY, f32::max);
        if high > low {
            let own = canvas.values.iter_mut().skip(channel);
            own.step_by(canvas.channels)
                .for_each(|value| *value = (*value - low) / (high - low));
        }
    }
}

/// Makes all of 256 steps of brightness of each channel as frequent as they can be.
fn equalize(canvas: &mut Canvas) {
    let step = |value: f32| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as usize;
    for channel in 0..canvas.channels {
        let mut counts = [0usize; 256];
        let own = canvas.values.iter().skip(channel).step_by(canvas.channels);
        own.for_each(|&value| counts[step(value)] += 1);
        let all: usize = counts.iter().sum();
        let last = counts.iter().rev().find(|&&count| count > 0);
        // What is left for the steps below the brightest is shared out among them.
        let each = (all - last.copied().unwrap_or(0)) / 255;
        if each == 0 {
            continue;
        }
        let mut below = each / 2;
        let table = counts.map(|count| {
            let step = (below / each).min(255);
            below += count;
            step as f32 / 255.0
        });
        let own = canvas.values.iter_mut().skip(channel);
        own.step_by(canvas.channels)
            .for_each(|value| *value = table[step(*value)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::picture::{Picture, Values};

    fn gray(values: &[u8]) -> Canvas {
        Canvas::new(&Picture::new(
            [1, values.len()],
            1,
            Values::U8(values.to_vec()),
        ))
    }

    fn bytes(canvas: Canvas) -> Vec<u8> {
        let values = canvas.values.iter();
        values.map(|value| (value * 255.0 + 0.5) as u8).collect()
    }

    /// The values are those of Pillow 13's for the same bytes.
    #[test]
    fn operations_are_those_of_pillow() {
        let own = [0, 7, 60, 100, 127, 128, 200, 255];
        let after = |change: &dyn Fn(&mut Canvas)| {
            let mut canvas = gray(&own);
            change(&mut canvas);
            bytes(canvas)
        };
        let posterized = after(&|canvas| posterize(canvas, 4));
        assert_eq!(posterized, [0, 0, 48, 96, 112, 128, 192, 240]);
        let solarized = after(&|canvas| solarize(canvas, 128.0 / 255.0));
        assert_eq!(solarized, [0, 7, 60, 100, 127, 127, 55, 0]);
        let mut narrow = gray(&[51, 102, 153]);
        stretch(&mut narrow);
        assert_eq!(bytes(narrow), [0, 127, 255]);
        let own: Vec<u8> = (0..25u32).map(|i| (i * 37 % 256) as u8).collect();
        let mut smooth = Canvas::new(&Picture::new([5, 5], 1, Values::U8(own)));
        sharpen(&mut smooth, 0.0);
        let theirs = [
            0, 37, 74, 111, 148, 185, 143, 82, 79, 77, 114, 131, 149, 146, 6, 43, 100, 117, 134,
            191, 228, 9, 46, 83, 120,
        ];
        assert_eq!(bytes(smooth), theirs);
    }

    #[test]
    fn equal_parts_of_brightness_are_left_where_a_picture_has_them() {
        let values: Vec<u8> = (0..32768).map(|place| (place / 256) as u8).collect();
        let mut canvas = gray(&values);
        equalize(&mut canvas);
        let bytes = bytes(canvas);
        assert_eq!((bytes[0], bytes[32767]), (0, 255));
        assert!(bytes.windows(2).all(|pair| pair[0] <= pair[1]));
        // 128 steps of brightness over 256.
        assert!(bytes.chunks(256).zip(0..).all(|(chunk, step)| {
            let expected = 2 * step;
            chunk
                .iter()
                .all(|&byte| i32::from(byte).abs_diff(expected) <= 2)
        }));
    }

    #[test]
    fn a_factor_of_one_changes_nothing() {
        let own: Vec<u8> = (0..=255).collect();
        let mut canvas = Canvas::new(&Picture::new([16, 16], 1, Values::U8(own.clone())));
        sharpen(&mut canvas, 1.0);
        assert_eq!(bytes(canvas), own);
    }
}
