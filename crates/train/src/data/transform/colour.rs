//! Other colours, by factors and shifts that are drawn anew for each image. Values are 0 to 1, and
//! stay so where the file's are whole numbers.

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::canvas::{Canvas, luma};
use super::range::{check, either_way};
use super::{Change, Drawn};

/// Makes a value `x` into `f x`, with `f` up to `by` from 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brightness {
    /// The most that the factor differs from 1, 0 to 1.
    pub by: f32,
}

/// Makes a value `x` into `m + f (x - m)`, with the image's mean brightness `m`, and `f` up to `by`
/// from 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contrast {
    /// The most that the factor differs from 1, 0 to 1.
    pub by: f32,
}

/// Makes a value `x` into `x^g`, with `log g` up to `by` from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gamma {
    /// The most that the exponent's logarithm differs from 0, 0 to 3.
    pub by: f32,
}

/// Makes a colour `x` into `b + f (x - b)`, with its own brightness `b`, and `f` up to `by` from 1.
/// Gray images stay as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saturation {
    /// The most that the factor differs from 1, 0 to 1.
    pub by: f32,
}

/// Turns the circle of colours by up to so much of it each way. Gray images stay as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hue {
    /// The most that it is turned, 0 to 0.5; 0.5 is to the colour that lies opposite.
    pub by: f32,
}

impl Change for Brightness {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let factor = 1.0 + either_way(self.by, random);
        drawn.paint(move |canvas| brighten(canvas, factor));
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("brightness.by", self.by, 0.0..=1.0)?;
        Ok(size)
    }
}

impl Change for Contrast {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let factor = 1.0 + either_way(self.by, random);
        drawn.paint(move |canvas| contrast(canvas, factor));
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("contrast.by", self.by, 0.0..=1.0)?;
        Ok(size)
    }
}

impl Change for Gamma {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let exponent = libm::expf(either_way(self.by, random));
        drawn.paint(move |canvas| canvas.each(|value| libm::powf(value.max(0.0), exponent)));
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("gamma.by", self.by, 0.0..=3.0)?;
        Ok(size)
    }
}

impl Change for Saturation {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let factor = 1.0 + either_way(self.by, random);
        drawn.paint(move |canvas| saturate(canvas, factor));
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("saturation.by", self.by, 0.0..=1.0)?;
        Ok(size)
    }
}

impl Change for Hue {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let by = random.random_range(-self.by..=self.by);
        drawn.paint(move |canvas| canvas.each_colour(|colour| turned(colour, by)));
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("hue.by", self.by, 0.0..=0.5)?;
        Ok(size)
    }
}

pub(super) fn brighten(canvas: &mut Canvas, factor: f32) {
    canvas.each(|value| factor * value);
}

pub(super) fn contrast(canvas: &mut Canvas, factor: f32) {
    let mean = canvas.mean();
    canvas.away_from(|_| mean, factor);
}

pub(super) fn saturate(canvas: &mut Canvas, factor: f32) {
    canvas.each_colour(|colour| {
        let gray = luma(colour);
        colour.map(|value| gray + factor * (value - gray))
    });
}

/// A colour with its hue turned by a part of the circle: the hexagon of "Color Gamut Transform
/// Pairs" (Smith 1978).
fn turned(colour: [f32; 3], by: f32) -> [f32; 3] {
    let [red, green, blue] = colour;
    let highest = red.max(green).max(blue);
    let lowest = red.min(green).min(blue);
    let reach = highest - lowest;
    if reach <= 0.0 {
        return colour;
    }
    // In sixths of the circle, from red on.
    let hue = match highest {
        _ if highest == red => (green - blue) / reach,
        _ if highest == green => 2.0 + (blue - red) / reach,
        _ => 4.0 + (red - green) / reach,
    };
    let hue = hue + 6.0 * by;
    // How far a colour is from where it is highest: full for one sixth, and gone after two.
    let part = |at: f32| {
        let off = hue - at;
        let off = off - 6.0 * (off / 6.0 + 0.5).floor();
        lowest + reach * (2.0 - off.abs()).clamp(0.0, 1.0)
    };
    [part(0.0), part(2.0), part(4.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: [f32; 3], b: [f32; 3]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
    }

    #[test]
    fn a_third_of_the_circle_swaps_colours_and_a_whole_one_none() {
        let colour = [0.9, 0.4, 0.2];
        assert!(near(turned(colour, 1.0 / 3.0), [0.2, 0.9, 0.4]));
        assert!(near(turned(colour, -1.0 / 3.0), [0.4, 0.2, 0.9]));
        for colour in [[0.9, 0.4, 0.2], [0.1, 0.8, 0.7], [0.3, 0.2, 0.6], [0.5; 3]] {
            assert!(near(turned(colour, 1.0), colour));
            assert!(near(turned(colour, 0.0), colour));
        }
        assert!(near(turned([1.0, 0.0, 0.0], 0.5), [0.0, 1.0, 1.0]));
    }
}
