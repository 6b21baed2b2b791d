//! Seen from the side.

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::projection::Projection;
use super::range::check;
use super::{Change, Drawn};

/// Takes each corner of what is seen from up to so far inside the image, so that nothing comes in
/// from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Perspective {
    /// The most that a corner moves, as a part of half a side, 0 to 0.5.
    pub distortion: f32,
}

impl Change for Perspective {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let seen = drawn.geometry.seen();
        let [height, width] = seen.map(|side| side as f64 - 1.0);
        let mut inward =
            |side: f64| side / 2.0 * f64::from(self.distortion * random.random::<f32>());
        let mut corner = |bottom: bool, right: bool| {
            let [row, column] = [inward(height), inward(width)];
            [
                if bottom { height - row } else { row },
                if right { width - column } else { column },
            ]
        };
        let corners = [
            corner(false, false),
            corner(false, true),
            corner(true, true),
            corner(true, false),
        ];
        drawn.geometry.project(onto(corners, [height, width]), seen);
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        // Up to a half, four corners are always those of a convex figure.
        check("perspective.distortion", self.distortion, 0.0..=0.5)?;
        Ok(size)
    }
}

/// The projection that takes the corners of a rectangle, from the top left on with the clock, to
/// these places: "Fundamentals of Texture Mapping and Image Warping" (Heckbert 1989, section
/// 2.2.3).
fn onto(corners: [[f64; 2]; 4], [height, width]: [f64; 2]) -> Projection {
    let [p0, p1, p2, p3] = corners;
    let difference = |a: [f64; 2], b: [f64; 2]| [a[0] - b[0], a[1] - b[1]];
    let determinant = |a: [f64; 2], b: [f64; 2]| a[0] * b[1] - a[1] * b[0];
    let (d1, d2) = (difference(p1, p2), difference(p3, p2));
    let d3 = [0, 1].map(|dim| p0[dim] - p1[dim] + p2[dim] - p3[dim]);
    let whole = determinant(d1, d2);
    // Along the columns, and along the rows, of a square of side 1.
    let (g, h) = (determinant(d3, d2) / whole, determinant(d1, d3) / whole);
    let line = |dim: usize| {
        [
            p3[dim] - p0[dim] + h * p3[dim],
            p1[dim] - p0[dim] + g * p1[dim],
            p0[dim],
        ]
    };
    let square = Projection::new([line(0), line(1), [h, g, 1.0]]);
    // A single row or column has no extent.
    let [height, width] = [height, width].map(|side| side.max(1.0));
    square.then(Projection::new([
        [1.0 / height, 0.0, 0.0],
        [0.0, 1.0 / width, 0.0],
        [0.0, 0.0, 1.0],
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_taken_from_where_they_are_told() {
        let corners = [[1.0, 2.0], [0.5, 7.0], [4.5, 8.0], [3.0, 1.0]];
        let projection = onto(corners, [5.0, 9.0]);
        let own = [[0.0, 0.0], [0.0, 9.0], [5.0, 9.0], [5.0, 0.0]];
        for (own, corner) in own.into_iter().zip(corners) {
            let place = projection.at(own).map(f64::from);
            assert!((place[0] - corner[0]).abs() < 1e-5, "{place:?}");
            assert!((place[1] - corner[1]).abs() < 1e-5, "{place:?}");
        }
    }
}
