//! How far every pixel is from the nearest of some.

/// The square of the distance from each pixel, row by row, to the nearest one that `is` marks;
/// infinite where it marks none.
///
/// "Distance Transforms of Sampled Functions" (Felzenszwalb and Huttenlocher 2012,
/// <https://doi.org/10.4086/toc.2012.v008a019>), section 2: the lower envelope of a parabola over
/// each pixel, along columns and then along rows. Exact, in time that grows as the image does.
pub(crate) fn squared_distances(
    [height, width]: [usize; 2],
    is: impl Fn(usize) -> bool,
) -> Vec<f64> {
    let start = |place| if is(place) { 0.0 } else { f64::INFINITY };
    let mut squares: Vec<f64> = (0..height * width).map(start).collect();
    let mut line = Line::new(height.max(width));
    for column in 0..width {
        line.transform(&mut squares, column, width, height);
    }
    for row in 0..height {
        line.transform(&mut squares, row * width, 1, width);
    }
    squares
}

/// Room for one row or column.
struct Line {
    values: Vec<f64>,
    /// The parabolas of the envelope: where each has its bottom, and from where on it is the lowest.
    bottoms: Vec<usize>,
    starts: Vec<f64>,
}

impl Line {
    fn new(longest: usize) -> Self {
        Self {
            values: Vec::with_capacity(longest),
            bottoms: Vec::with_capacity(longest),
            starts: Vec::with_capacity(longest),
        }
    }

    fn transform(&mut self, squares: &mut [f64], first: usize, step: usize, count: usize) {
        let places = (0..count).map(|index| first + index * step);
        self.values.clear();
        self.values
            .extend(places.clone().map(|place| squares[place]));
        self.envelope();
        let mut lowest = 0;
        for (index, place) in places.enumerate() {
            let Some(&bottom) = self.bottoms.get(lowest) else {
                return;
            };
            let mut bottom = bottom;
            while self
                .starts
                .get(lowest + 1)
                .is_some_and(|start| *start <= index as f64)
            {
                lowest += 1;
                bottom = self.bottoms[lowest];
            }
            let apart = index as f64 - bottom as f64;
            squares[place] = apart * apart + self.values[bottom];
        }
    }

    fn envelope(&mut self) {
        self.bottoms.clear();
        self.starts.clear();
        for bottom in 0..self.values.len() {
            if self.values[bottom].is_infinite() {
                continue;
            }
            let mut start = f64::NEG_INFINITY;
            while let (Some(&last), Some(&last_start)) = (self.bottoms.last(), self.starts.last()) {
                start = self.meeting(last, bottom);
                if start > last_start {
                    break;
                }
                self.bottoms.pop();
                self.starts.pop();
                start = f64::NEG_INFINITY;
            }
            self.bottoms.push(bottom);
            self.starts.push(start);
        }
    }

    /// Where two parabolas meet.
    fn meeting(&self, left: usize, right: usize) -> f64 {
        let height = |bottom: usize| self.values[bottom] + (bottom * bottom) as f64;
        (height(right) - height(left)) / (2.0 * (right as f64 - left as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_nearest() {
        for (size @ [height, width], marks) in [
            ([1, 1], vec![0]),
            ([1, 7], vec![2, 3]),
            ([9, 1], vec![8]),
            ([7, 11], vec![0, 40, 76]),
            ([12, 10], vec![5, 6, 7, 55, 90, 119]),
        ] {
            let squares = squared_distances(size, |place| marks.contains(&place));
            for (place, square) in squares.into_iter().enumerate() {
                let to = |mark: &usize| {
                    let rows = (place / width).abs_diff(mark / width);
                    let columns = (place % width).abs_diff(mark % width);
                    rows * rows + columns * columns
                };
                let nearest = marks.iter().map(to).min().expect("one");
                assert_eq!(square, nearest as f64, "{height}x{width} at {place}");
            }
        }
    }

    #[test]
    fn nothing_is_infinitely_far() {
        let squares = squared_distances([3, 2], |_| false);
        assert!(squares.iter().all(|square| square.is_infinite()));
    }
}
