//! Grain.

use anyhow::Result;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::range::check;
use super::{Change, Drawn};
use crate::data::random::normal;

/// Adds to each value, 0 to 1, a number from a normal distribution, whose deviation is drawn for
/// each image, from 0 on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// The highest standard deviation, 0 to 1.
    pub deviation: f32,
}

impl Change for Noise {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let deviation = random.random::<f32>() * self.deviation;
        let mut random = StdRng::seed_from_u64(random.random());
        drawn.paint(move |canvas| {
            canvas.each(|value| value + deviation * normal(&mut random));
        });
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("noise.deviation", self.deviation, 0.0..=1.0)?;
        Ok(size)
    }
}
