//! Another exposure of the same image.

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::range::check;
use super::{Change, Drawn};

/// Makes normalised values `c x + b`, with `log c` up to `contrast` and `b` up to `brightness`
/// from 0 each way: another exposure of the same image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exposure {
    /// The most by which the logarithm of the contrast changes, from 0.
    pub contrast: f32,
    /// The most by which the brightness changes, in units of normalised values, from 0.
    pub brightness: f32,
}

/// What an [`Exposure`] makes of normalised values: `contrast * x + brightness`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::data) struct Exposed {
    pub contrast: f32,
    pub brightness: f32,
}

impl Change for Exposure {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let factor = random.random_range(-self.contrast..=self.contrast).exp();
        let offset = random.random_range(-self.brightness..=self.brightness);
        let exposed = &mut drawn.exposed;
        exposed.contrast *= factor;
        exposed.brightness = exposed.brightness * factor + offset;
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("exposure.contrast", self.contrast, 0.0..=10.0)?;
        check("exposure.brightness", self.brightness, 0.0..=10.0)?;
        Ok(size)
    }
}
