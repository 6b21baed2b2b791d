//! Parts of an image.

use anyhow::{Result, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::projection::Projection;
use super::range::{by_ratio, check_pair};
use super::{Change, Drawn};

/// Takes a square of so many pixels, anywhere in the image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// Its height and width; at most the image's.
    pub size: usize,
}

impl Change for Crop {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let size = self.size;
        let seen = drawn.geometry.seen();
        let start = seen.map(|full| random.random_range(0..=full - size));
        drawn
            .geometry
            .look(|window| window.crop(start, [size, size]));
    }

    fn size_after(&self, [height, width]: [usize; 2]) -> Result<[usize; 2]> {
        let (size, most) = (self.size, height.min(width));
        ensure!(
            (1..=most).contains(&size),
            "crop of size {size}: must be 1 to {most}, as the image is {height}x{width}"
        );
        Ok([size, size])
    }
}

/// Takes a part of any size and form, anywhere in the image, and stretches it to the image's size
/// or to one of its own: "Going Deeper with Convolutions" (Szegedy et al. 2015, section 6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResizedCrop {
    /// The least and the most of the image's area.
    pub area: [f32; 2],
    /// The least and the most of width by height, drawn evenly in its logarithm.
    pub aspect: [f32; 2],
    /// Height and width of what is seen; none: the image's.
    pub size: Option<[usize; 2]>,
}

impl Default for ResizedCrop {
    fn default() -> Self {
        Self {
            area: [0.08, 1.0],
            aspect: [3.0 / 4.0, 4.0 / 3.0],
            size: None,
        }
    }
}

/// How often a part is drawn that may not fit.
const TRIES: usize = 10;

/// A part of an image of this height and width, with so much of its area and such a width by
/// height: its own height and width, if it fits in.
pub(super) fn part(full: [f32; 2], area: f32, aspect: f32) -> Option<[f32; 2]> {
    let area = area * full[0] * full[1];
    let part = [(area / aspect).sqrt(), (area * aspect).sqrt()];
    (part[0] <= full[0] && part[1] <= full[1]).then_some(part)
}

impl Change for ResizedCrop {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let seen = drawn.geometry.seen();
        let full = seen.map(|side| side as f32);
        let found = (0..TRIES).find_map(|_| {
            let [least, most] = self.area;
            let area = random.random_range(least..=most);
            part(full, area, by_ratio(self.aspect, random))
        });
        // As large as it fits in with a form that is allowed, where none was drawn that does.
        let fits = || {
            let aspect = (full[1] / full[0]).clamp(self.aspect[0], self.aspect[1]);
            let height = full[0].min(full[1] / aspect);
            [height, height * aspect]
        };
        let part = found.unwrap_or_else(fits);
        let start = [0, 1].map(|dim| random.random::<f32>() * (full[dim] - part[dim]).max(0.0));
        let size = self.size.unwrap_or(seen);
        let part = Projection::part(start, part, size);
        drawn.geometry.project(part, size);
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check_pair("resized_crop.area", self.area, 1e-4..=1.0)?;
        check_pair("resized_crop.aspect", self.aspect, 0.01..=100.0)?;
        let [height, width] = self.size.unwrap_or(size);
        ensure!(
            (1..=MOST).contains(&height) && (1..=MOST).contains(&width),
            "resized_crop.size {height}x{width}: must be 1 to {MOST}"
        );
        Ok([height, width])
    }
}

/// The most rows or columns that are made.
const MOST: usize = 1 << 14;
