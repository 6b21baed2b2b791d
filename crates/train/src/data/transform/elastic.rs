//! Bent images.

use anyhow::{Result, ensure};
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::range::check;
use super::{Change, Drawn};
use crate::data::random::normal;

/// Bends the image: the points of a coarse grid over it are moved at random, with a normal
/// distribution, and what lies between follows by bicubic interpolation. "U-Net: Convolutional
/// Networks for Biomedical Image Segmentation" (Ronneberger et al. 2015, section 3.1): 3x3 points,
/// 10 pixels in images of 512x512. What comes in from outside is black, and background.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Elastic {
    /// The standard deviation of a point's move along rows and along columns, in pixels, 0 to 1000.
    pub deviation: f32,
    /// How many points the grid has along each side, 2 to 32.
    pub grid: usize,
}

impl Default for Elastic {
    fn default() -> Self {
        Self {
            deviation: 10.0,
            grid: 3,
        }
    }
}

impl Change for Elastic {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let moves = (0..self.grid * self.grid)
            .map(|_| [(); 2].map(|()| self.deviation * normal(random)))
            .collect();
        let field = Field {
            size: drawn.geometry.seen(),
            grid: self.grid,
            moves,
        };
        drawn.geometry.bend(field);
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("elastic.deviation", self.deviation, 0.0..=1000.0)?;
        ensure!(
            (2..=32).contains(&self.grid),
            "elastic.grid {}: must be 2 to 32",
            self.grid
        );
        Ok(size)
    }
}

/// From the places that are seen to those that they are taken from: each with the move of the grid
/// there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    size: [usize; 2],
    grid: usize,
    /// Row by row: of rows and of columns.
    moves: Vec<[f32; 2]>,
}

/// How often the way back is improved: each time it comes nearer by how much the field varies.
const ROUNDS: usize = 30;

impl Field {
    /// Where a place is taken from.
    pub fn at(&self, place: [f32; 2]) -> [f32; 2] {
        let [by_rows, by_columns] = self.moved(place);
        [place[0] + by_rows, place[1] + by_columns]
    }

    /// Where a place of the image is seen: `at` of it is `place`.
    pub fn back(&self, place: [f32; 2]) -> [f32; 2] {
        let mut seen = place;
        for _ in 0..ROUNDS {
            let [by_rows, by_columns] = self.moved(seen);
            seen = [place[0] - by_rows, place[1] - by_columns];
        }
        seen
    }

    fn moved(&self, place: [f32; 2]) -> [f32; 2] {
        let last = self.grid - 1;
        let along = |dim: usize| {
            let side = (self.size[dim] as f32 - 1.0).max(1.0);
            let place = (place[dim] / side * last as f32).clamp(0.0, last as f32);
            // A place that is no number stays where the clamp left it.
            let before = (place as usize).min(last - 1);
            (before, cubic(place - before as f32))
        };
        let ((row, row_weights), (column, column_weights)) = (along(0), along(1));
        let mut sum = [0.0; 2];
        for (i, row_weight) in row_weights.into_iter().enumerate() {
            let line = (row + i).saturating_sub(1).min(last) * self.grid;
            for (j, column_weight) in column_weights.into_iter().enumerate() {
                let point = self.moves[line + (column + j).saturating_sub(1).min(last)];
                let weight = row_weight * column_weight;
                sum = [sum[0] + weight * point[0], sum[1] + weight * point[1]];
            }
        }
        sum
    }
}

/// The weights of the four points around a place, `part` of the way from the second to the third:
/// "Cubic Convolution Interpolation for Digital Image Processing" (Keys 1981), a = -1/2.
fn cubic(part: f32) -> [f32; 4] {
    let (t, u) = (part, 1.0 - part);
    [
        -0.5 * t * u * u,
        (1.5 * t - 2.5) * t * t + 1.0,
        (1.5 * u - 2.5) * u * u + 1.0,
        -0.5 * u * t * t,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::generator;

    fn field(deviation: f32) -> Field {
        let mut random = generator(4, 0, 0);
        Field {
            size: [41, 61],
            grid: 3,
            moves: (0..9)
                .map(|_| [(); 2].map(|()| deviation * normal(&mut random)))
                .collect(),
        }
    }

    #[test]
    fn the_points_of_the_grid_move_as_drawn() {
        let field = field(5.0);
        for (row, y) in [0.0, 20.0, 40.0].into_iter().enumerate() {
            for (column, x) in [0.0, 30.0, 60.0].into_iter().enumerate() {
                let [by_rows, by_columns] = field.moves[row * 3 + column];
                assert_eq!(field.at([y, x]), [y + by_rows, x + by_columns]);
            }
        }
    }

    #[test]
    fn weights_add_up_to_one_and_keep_straight_lines() {
        for step in 0..=10 {
            let part = step as f32 / 10.0;
            let weights = cubic(part);
            let sum: f32 = weights.iter().sum();
            let line: f32 = weights
                .iter()
                .zip([-1.0, 0.0, 1.0, 2.0])
                .map(|(w, x)| w * x)
                .sum();
            assert!(
                (sum - 1.0).abs() < 1e-6 && (line - part).abs() < 1e-6,
                "{part}"
            );
        }
    }

    #[test]
    fn the_way_back_leads_back() {
        let field = field(3.0);
        for place in [[0.0, 0.0], [20.0, 30.0], [13.5, 44.25], [40.0, 60.0]] {
            let back = field.back(field.at(place));
            let off = (0..2).map(|dim| (back[dim] - place[dim]).abs());
            assert!(off.into_iter().all(|off| off < 1e-3), "{place:?} {back:?}");
        }
    }
}
