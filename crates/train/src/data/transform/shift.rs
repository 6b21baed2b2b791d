//! Moves.

use anyhow::{Result, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::{Change, Drawn};

/// Moves by up to so many pixels each way; what comes in from outside the image is black, and
/// background. It is the same as to put so many black pixels around an image and to take a part of
/// its own size: CIFAR's 4 pixels, "Deep Residual Learning" (He et al. 2016, section 4.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// The most that it moves; at most the image's longer side.
    pub pixels: usize,
}

impl Change for Shift {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let reach = self.pixels as i64;
        let by = [(); 2].map(|()| random.random_range(-reach..=reach));
        drawn.geometry.look(|window| window.shift(by));
    }

    fn size_after(&self, [height, width]: [usize; 2]) -> Result<[usize; 2]> {
        let (pixels, most) = (self.pixels, height.max(width));
        ensure!(
            pixels <= most,
            "shift of {pixels} pixels: must be at most {most}, as the image is {height}x{width}"
        );
        Ok([height, width])
    }
}
