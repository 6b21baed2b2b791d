//! Turns, scales and slants about the middle; what comes in from outside the image is black, and
//! background.

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::range::{by_ratio, check, check_pair, either_way};
use super::{Change, Drawn};

/// Turns by up to so many degrees each way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// The most that it turns, 0 to 180.
    pub degrees: f32,
}

impl Change for Rotate {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        turn(drawn, either_way(self.degrees, random));
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("rotate.degrees", self.degrees, 0.0..=180.0)?;
        Ok(size)
    }
}

/// Turns by so many degrees, against the clock.
pub(super) fn turn(drawn: &mut Drawn, degrees: f32) {
    let (sin, cos) = libm::sincosf(degrees * (std::f32::consts::PI / 180.0));
    drawn.geometry.about_the_middle([[cos, sin], [-sin, cos]]);
}

/// Shows the image so many times as large, drawn evenly in its logarithm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// The least and the most, 0.05 to 20. Far below 1 pixels are left out, not averaged.
    pub factor: [f32; 2],
}

impl Change for Scale {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let step = 1.0 / by_ratio(self.factor, random);
        drawn.geometry.about_the_middle([[step, 0.0], [0.0, step]]);
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check_pair("scale.factor", self.factor, 0.05..=20.0)?;
        Ok(size)
    }
}

/// Slants rows or columns, one of them, by up to so many degrees each way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shear {
    /// The most that they are slanted, 0 to 80.
    pub degrees: f32,
}

impl Change for Shear {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let degrees = either_way(self.degrees, random);
        let slope = libm::tanf(degrees * (std::f32::consts::PI / 180.0));
        slant(drawn, slope, random.random());
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("shear.degrees", self.degrees, 0.0..=80.0)?;
        Ok(size)
    }
}

/// Slants by so many pixels for each: columns that lie over each other, or rows beside each other.
pub(super) fn slant(drawn: &mut Drawn, slope: f32, rows: bool) {
    let linear = match rows {
        true => [[1.0, slope], [0.0, 1.0]],
        false => [[1.0, 0.0], [slope, 1.0]],
    };
    drawn.geometry.about_the_middle(linear);
}
