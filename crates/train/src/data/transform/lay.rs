//! The ways to lay a rectangle and a square.

use anyhow::{Result, ensure};
use rand::RngExt;
use rand::rngs::StdRng;

use super::{Change, Drawn};
use crate::data::window::Window;

/// Mirrors left and right, every other time.
pub(super) struct FlipHorizontal;

/// Mirrors top and bottom, every other time.
pub(super) struct FlipVertical;

/// Swaps rows and columns, every other time.
pub(super) struct Transpose;

fn every_other_time(drawn: &mut Drawn, random: &mut StdRng, lay: impl FnOnce(Window) -> Window) {
    if random.random() {
        drawn.geometry.look(lay);
    }
}

impl Change for FlipHorizontal {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        every_other_time(drawn, random, Window::flip_horizontal);
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        Ok(size)
    }
}

impl Change for FlipVertical {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        every_other_time(drawn, random, Window::flip_vertical);
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        Ok(size)
    }
}

impl Change for Transpose {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        every_other_time(drawn, random, Window::transpose);
    }

    fn size_after(&self, [height, width]: [usize; 2]) -> Result<[usize; 2]> {
        ensure!(
            height == width,
            "transpose of an image of {height}x{width}: must be a square; crop one first"
        );
        Ok([height, width])
    }
}
