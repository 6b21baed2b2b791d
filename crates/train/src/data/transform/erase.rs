//! A part replaced.

use anyhow::Result;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::crop::part;
use super::range::{by_ratio, check, check_pair};
use super::{Change, Drawn};

/// Fills a rectangle anywhere in what is seen with values drawn evenly: "Random Erasing Data
/// Augmentation" (Zhong et al. 2017), with the paper's probability, areas and forms. The values are
/// between the darkest and the brightest of what is seen, not from black to white, so that they are
/// no glare in dim images.
/// Masks and points stay: they say what was there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Erase {
    /// How often it is done, 0 to 1.
    pub probability: f32,
    /// The least and the most of the area that is seen.
    pub area: [f32; 2],
    /// The least and the most of width by height, drawn evenly in its logarithm.
    pub aspect: [f32; 2],
}

impl Default for Erase {
    fn default() -> Self {
        Self {
            probability: 0.5,
            area: [0.02, 0.4],
            aspect: [0.3, 1.0 / 0.3],
        }
    }
}

/// How often a rectangle is drawn that may not fit.
const TRIES: usize = 20;

impl Change for Erase {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let done = random.random::<f32>() < self.probability;
        let mut random = StdRng::seed_from_u64(random.random());
        if !done {
            return;
        }
        let (area, aspect) = (self.area, self.aspect);
        drawn.paint(move |canvas| {
            let values = || canvas.values.iter().copied();
            let low = values().fold(f32::INFINITY, f32::min);
            let high = values().fold(f32::NEG_INFINITY, f32::max);
            let full = canvas.size.map(|side| side as f32);
            let found = (0..TRIES).find_map(|_| {
                let area = random.random_range(area[0]..=area[1]);
                part(full, area, by_ratio(aspect, &mut random))
            });
            let Some(part) = found else {
                return;
            };
            let [height, width] = part.map(|side| (side.round() as usize).max(1));
            let size = canvas.size;
            let [top, left] = [size[0] - height.min(size[0]), size[1] - width.min(size[1])]
                .map(|last| random.random_range(0..=last));
            for row in top..(top + height).min(size[0]) {
                let line = row * size[1];
                let right = (left + width).min(size[1]);
                let (from, to) = (line + left, line + right);
                for value in &mut canvas.values[from * canvas.channels..to * canvas.channels] {
                    *value = low + random.random::<f32>() * (high - low);
                }
            }
        });
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("erase.probability", self.probability, 0.0..=1.0)?;
        check_pair("erase.area", self.area, 1e-4..=1.0)?;
        check_pair("erase.aspect", self.aspect, 0.01..=100.0)?;
        Ok(size)
    }
}
