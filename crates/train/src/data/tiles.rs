//! Tiles of images that are larger than what a network sees at once.

use anyhow::{Result, ensure};

/// Tiles of one height and width that cover an image, each with a part of its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiles {
    /// Height and width of a tile.
    pub size: [usize; 2],
    /// How many rows, or columns, neighbours have in common at least.
    pub overlap: usize,
}

impl Tiles {
    /// # Errors
    /// If tiles have no pixel, or none but those of their neighbours.
    pub fn check(&self) -> Result<()> {
        let [height, width] = self.size;
        ensure!(
            self.overlap < height.min(width),
            "tiles of {height}x{width} that overlap by {}: the overlap must be below the tile's \
             sides",
            self.overlap
        );
        Ok(())
    }

    /// Where the tiles of an image of this height and width begin, `[row, column]`, row by row.
    pub(super) fn of(&self, image: [usize; 2]) -> Vec<[usize; 2]> {
        let starts = |dim: usize| starts(image[dim], self.size[dim], self.overlap);
        let (rows, columns) = (starts(0), starts(1));
        let row = |row: usize| columns.iter().map(move |&column| [row, column]);
        rows.into_iter().flat_map(row).collect()
    }
}

/// Where parts begin that cover `full` pixels: as few as there can be if neighbours have `overlap` in
/// common, as evenly spread as whole pixels allow.
pub(crate) fn starts(full: usize, part: usize, overlap: usize) -> Vec<usize> {
    let spare = full.saturating_sub(part);
    let gaps = spare.div_ceil(part - overlap);
    (0..=gaps).map(|gap| gap * spare / gaps.max(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_all_and_overlap() {
        for full in 1..200 {
            for (part, overlap) in [(16, 0), (16, 4), (16, 15), (50, 20)] {
                let starts = starts(full, part, overlap);
                assert_eq!(starts[0], 0);
                let last = starts[starts.len() - 1];
                assert!(last + part >= full && (last + part == full || last == 0));
                let near = starts.windows(2);
                assert!(near.clone().all(|pair| pair[0] < pair[1]));
                assert!(near.clone().all(|pair| pair[0] + part - pair[1] >= overlap));
                let fewer = (starts.len() - 1) * (part - overlap) + overlap;
                assert!(starts.len() == 1 || fewer < full, "{full} {part} {overlap}");
            }
        }
    }

    #[test]
    fn the_tiles_of_an_image_come_row_by_row() {
        let tiles = Tiles {
            size: [4, 6],
            overlap: 2,
        };
        assert_eq!(tiles.of([6, 9]), [[0, 0], [0, 3], [2, 0], [2, 3]]);
        assert_eq!(tiles.of([3, 6]), [[0, 0]]);
    }

    #[test]
    fn tiles_that_are_all_overlap_are_refused() {
        let tiles = Tiles {
            size: [64, 32],
            overlap: 32,
        };
        assert_eq!(
            tiles.check().expect_err("nothing of their own").to_string(),
            "tiles of 64x32 that overlap by 32: the overlap must be below the tile's sides"
        );
    }
}
