//! In which tiles images are seen.

use clap::Args;
use train::data::Tiles;

#[derive(Args, Debug)]
pub struct Tiling {
    /// Masks and pictures: see images at their own scale, in square tiles of so many pixels whose
    /// answers are joined [default: as was learned]
    #[arg(long, value_name = "PIXELS")]
    tile: Option<usize>,
    /// How many pixels neighbouring tiles have in common [default: a quarter of the tile]
    #[arg(long, value_name = "PIXELS", requires = "tile")]
    overlap: Option<usize>,
}

impl Tiling {
    /// The tiles, if there are to be some.
    pub fn tiles(&self) -> Option<Tiles> {
        let side = self.tile?;
        Some(Tiles {
            size: [side; 2],
            overlap: self.overlap.unwrap_or(side / 4),
        })
    }
}
