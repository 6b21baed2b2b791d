//! The tiles of a batch of images.

use super::transform::{OUTPUTS, POINTS};
use crate::axis::Axis;
use crate::correlation::Placement;
use crate::view::Source;

/// The outputs of every image, cut into squares of four by four, the last of
/// each row and column smaller. The tiles are numbered through the batch.
#[derive(Clone, Copy)]
pub(crate) struct Tiles {
    axes: [Axis; 2],
    counts: [usize; 2],
    batch: usize,
}

/// One tile.
#[derive(Clone, Copy)]
pub(crate) struct Tile {
    image: usize,
    /// The first output row and column.
    first: [usize; 2],
    /// Its outputs in each direction.
    pub size: [usize; 2],
}

impl Tile {
    /// Its outputs.
    pub fn pixels(&self) -> usize {
        self.size[0] * self.size[1]
    }
}

impl Tiles {
    pub fn new(batch: usize, axes: [Axis; 2]) -> Self {
        Self {
            axes,
            counts: axes.map(|axis| axis.output.div_ceil(OUTPUTS)),
            batch,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.batch * self.counts[0] * self.counts[1]
    }

    pub fn get(&self, index: usize) -> Tile {
        let (line, column) = (index / self.counts[1], index % self.counts[1]);
        let (image, row) = (line / self.counts[0], line % self.counts[0]);
        let first = [row * OUTPUTS, column * OUTPUTS];
        Tile {
            image,
            first,
            size: [0, 1].map(|i| (self.axes[i].output - first[i]).min(OUTPUTS)),
        }
    }

    /// The pixels of the input under a tile; those in the padding are `zeros`.
    #[inline(always)]
    pub fn window(
        &self,
        tile: &Tile,
        input: Source,
        zeros: *const f32,
    ) -> [[*const f32; POINTS]; POINTS] {
        let [vertical, horizontal] = &self.axes;
        let at = |axis: &Axis, first: usize, i: usize| {
            let at = axis.start(first) + i as isize;
            (0..axis.input as isize)
                .contains(&at)
                .then_some(at as usize)
        };
        let mut window = [[zeros; POINTS]; POINTS];
        for (i, row) in window.iter_mut().enumerate() {
            let Some(ih) = at(vertical, tile.first[0], i) else {
                continue;
            };
            for (j, pixel) in row.iter_mut().enumerate() {
                if let Some(iw) = at(horizontal, tile.first[1], j) {
                    let line = tile.image * vertical.input + ih;
                    *pixel = input.at(line * horizontal.input + iw);
                }
            }
        }
        window
    }

    /// The pixels of a tile in a tensor of outputs; those beyond the image are
    /// `zeros`.
    #[inline(always)]
    pub fn outputs(
        &self,
        tile: &Tile,
        output: Source,
        zeros: *const f32,
    ) -> [[*const f32; OUTPUTS]; OUTPUTS] {
        let [height, width] = self.axes.map(|axis| axis.output);
        let mut pixels = [[zeros; OUTPUTS]; OUTPUTS];
        for (i, row) in pixels.iter_mut().take(tile.size[0]).enumerate() {
            let line = tile.image * height + tile.first[0] + i;
            for (j, pixel) in row.iter_mut().take(tile.size[1]).enumerate() {
                *pixel = output.at(line * width + tile.first[1] + j);
            }
        }
        pixels
    }

    /// Appends the offsets of a tile's outputs, row by row.
    pub fn place(&self, tile: &Tile, placement: &Placement, offsets: &mut Vec<usize>) {
        let image = placement.first + tile.image * placement.image;
        for oh in tile.first[0]..tile.first[0] + tile.size[0] {
            let row = image + oh * placement.row;
            let columns = tile.first[1]..tile.first[1] + tile.size[1];
            offsets.extend(columns.map(|ow| row + ow * placement.pixel));
        }
    }
}
