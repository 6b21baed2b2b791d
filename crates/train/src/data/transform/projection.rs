//! Straight lines to straight lines: what turns, scales, slants and looks from the side have in
//! common.

/// From the places that are seen to those that they are taken from, `[row, column]`, whole numbers
/// in the middles of pixels: `(p, w) = matrix (row, column, 1)`, and the place is `p / w`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Projection([[f64; 3]; 3]);

impl Projection {
    pub fn new(matrix: [[f64; 3]; 3]) -> Self {
        Self(matrix)
    }

    /// A linear map about the middle of what is seen.
    pub fn about_the_middle(linear: [[f32; 2]; 2], seen: [usize; 2]) -> Self {
        let [[a, b], [c, d]] = linear.map(|row| row.map(f64::from));
        let [y, x] = seen.map(|side| (side as f64 - 1.0) / 2.0);
        Self([
            [a, b, y - a * y - b * x],
            [c, d, x - c * y - d * x],
            [0.0, 0.0, 1.0],
        ])
    }

    /// The part that begins at `start`, counted from the image's corner, stretched to `size`.
    pub fn part(start: [f32; 2], part: [f32; 2], size: [usize; 2]) -> Self {
        let along = |dim: usize| {
            let scale = f64::from(part[dim]) / size[dim] as f64;
            (scale, f64::from(start[dim]) + 0.5 * scale - 0.5)
        };
        let ((rows, top), (columns, left)) = (along(0), along(1));
        Self([[rows, 0.0, top], [0.0, columns, left], [0.0, 0.0, 1.0]])
    }

    /// This one, seen through another.
    pub fn then(self, next: Self) -> Self {
        let entry = |row: usize, column: usize| -> f64 {
            (0..3).map(|k| self.0[row][k] * next.0[k][column]).sum()
        };
        Self([0, 1, 2].map(|row| [0, 1, 2].map(|column| entry(row, column))))
    }

    /// The way from the image to what is seen. Places that are not seen anywhere are not numbers.
    pub fn inverse(self) -> Self {
        let m = self.0;
        // The adjugate: a projection is the same times any number.
        let minor = |row: usize, column: usize| {
            let [r, s] = [(row + 1) % 3, (row + 2) % 3];
            let [c, d] = [(column + 1) % 3, (column + 2) % 3];
            m[r][c] * m[s][d] - m[r][d] * m[s][c]
        };
        Self([0, 1, 2].map(|row| [0, 1, 2].map(|column| minor(column, row))))
    }

    /// Where a place is taken from.
    pub fn at(&self, [row, column]: [f32; 2]) -> [f32; 2] {
        let place = [f64::from(row), f64::from(column)];
        let along = |line: [f64; 3]| line[0] * place[0] + line[1] * place[1] + line[2];
        let [row, column, depth] = self.0.map(along);
        [(row / depth) as f32, (column / depth) as f32]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: [f32; 2], b: [f32; 2]) -> bool {
        (0..2).all(|dim| (a[dim] - b[dim]).abs() < 1e-4)
    }

    #[test]
    fn the_middle_stays_and_the_inverse_leads_back() {
        let turn = Projection::about_the_middle([[0.6, -0.8], [0.8, 0.6]], [5, 9]);
        assert!(near(turn.at([2.0, 4.0]), [2.0, 4.0]));
        let tilt = Projection::new([[1.0, 0.1, 3.0], [0.2, 0.9, -1.0], [0.001, 0.002, 1.0]]);
        let both = turn.then(tilt);
        for place in [[0.0, 0.0], [4.0, 8.0], [1.5, 7.25]] {
            assert!(near(both.at(place), turn.at(tilt.at(place))));
            assert!(near(both.inverse().at(both.at(place)), place));
        }
    }

    #[test]
    fn a_part_begins_at_its_edge() {
        // Rows 2 to 5 seen as two: the middles are at 2.5 and 4.5.
        let part = Projection::part([2.0, 0.0], [4.0, 1.0], [2, 1]);
        assert_eq!(part.at([0.0, 0.0]), [2.5, 0.0]);
        assert_eq!(part.at([1.0, 0.0]), [4.5, 0.0]);
    }
}
