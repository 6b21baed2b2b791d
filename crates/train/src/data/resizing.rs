//! How an image comes to another height and width.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::window::Window;

/// How an image comes to another height and width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resizing {
    /// Stretched to both.
    #[default]
    Stretch,
    /// As large as it fits in whole; black around it.
    Letterbox,
    /// As small as it covers all; what juts out is cut off.
    Cover,
    /// Its middle, as large as it is; black around it where it is smaller.
    Crop,
    /// Its middle, as timm and torchvision evaluate: its shorter side is brought to the wanted one
    /// divided by `fraction`, rounded down, and what juts out is cut off.
    CenterCrop {
        /// How much of the shorter side is seen: above 0, at most 1.
        fraction: f64,
    },
    /// All of it as large as it is, one tile after the other; black around it where it is smaller.
    Tiles {
        /// How many rows, or columns, neighbours have in common at least.
        overlap: usize,
    },
}

/// How pixels are interpolated; where an image shrinks, with a kernel that is as much wider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Interpolation {
    /// With the weights of a triangle.
    #[default]
    Bilinear,
    /// With those of a cubic curve (Keys 1981, a = -0.5).
    Bicubic,
}

impl Interpolation {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How a picture lies in what comes of it: its own height and width after resizing, and the window
/// through which that is seen.
pub(super) struct Fitted {
    pub size: [usize; 2],
    pub window: Window,
}

impl Resizing {
    /// # Errors
    /// If a value is out of its range.
    pub(super) fn check(self) -> Result<()> {
        if let Self::CenterCrop { fraction } = self {
            ensure!(
                fraction > 0.0 && fraction <= 1.0,
                "center_crop: fraction {fraction}: must be above 0 and at most 1"
            );
        }
        Ok(())
    }

    /// Of an image of its own size that is to come to another.
    pub(super) fn fitted(self, own: [usize; 2], size: [usize; 2]) -> Fitted {
        let ratio = |dim: usize| size[dim] as f64 / own[dim] as f64;
        let scaled = |by: f64| own.map(|full| ((full as f64 * by).round() as usize).max(1));
        let inner = match self {
            Self::Stretch => size,
            Self::Letterbox => scaled(ratio(0).min(ratio(1))),
            Self::Cover => scaled(ratio(0).max(ratio(1))),
            Self::Crop | Self::Tiles { .. } => own,
            Self::CenterCrop { fraction } => {
                let inner = covering(own, size.map(|side| (side as f64 / fraction) as usize));
                let start = [0, 1].map(|dim| half(inner[dim].saturating_sub(size[dim])));
                return Fitted {
                    size: inner,
                    window: Window::whole(inner).crop(start, size),
                };
            }
        };
        let seen = match self {
            Self::Tiles { .. } => [0, 1].map(|dim| size[dim].max(own[dim])),
            _ => size,
        };
        Fitted {
            size: inner,
            window: Window::middle(inner, seen),
        }
    }
}

/// The size of an image that just covers another, rounded as torchvision's `Resize` does it for
/// squares and timm's `ResizeKeepRatio` for others.
fn covering(own: [usize; 2], size: [usize; 2]) -> [usize; 2] {
    if size[0] == size[1] {
        let shorter = own[0].min(own[1]);
        return own.map(|side| (size[0] * side / shorter).max(1));
    }
    let ratio = |dim: usize| own[dim] as f64 / size[dim] as f64;
    let ratio = ratio(0).min(ratio(1));
    own.map(|side| ((side as f64 / ratio).round_ties_even() as usize).max(1))
}

/// Half of a number, as Python rounds it: to the even one of two.
fn half(number: usize) -> usize {
    (number as f64 / 2.0).round_ties_even() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn center_crop(own: [usize; 2], size: [usize; 2], fraction: f64) -> ([usize; 2], [i64; 2]) {
        let Fitted { size, window } = Resizing::CenterCrop { fraction }.fitted(own, size);
        (size, window.ranges().map(|range| range.start))
    }

    /// What torchvision 0.29 and timm 1.0.22 give; see `tests/references/inputs.py`.
    #[test]
    fn a_center_crop_is_rounded_as_elsewhere() {
        let square = |own, fraction| center_crop(own, [224, 224], fraction);
        assert_eq!(square([375, 500], 0.875), ([256, 341], [16, 58]));
        assert_eq!(square([333, 500], 0.95), ([235, 352], [6, 64]));
        assert_eq!(square([224, 227], 1.0), ([224, 227], [0, 2]));
        assert_eq!(square([224, 225], 1.0), ([224, 225], [0, 0]));
        assert_eq!(
            center_crop([375, 500], [160, 224], 1.0),
            ([168, 224], [4, 0])
        );
    }

    #[test]
    fn a_crop_of_nothing_or_of_more_than_all_is_refused() {
        for fraction in [0.0, -1.0, 1.1, f64::NAN] {
            let error = Resizing::CenterCrop { fraction }.check();
            let message = error.expect_err("out of range").to_string();
            assert!(
                message.ends_with("must be above 0 and at most 1"),
                "{message}"
            );
        }
    }
}
