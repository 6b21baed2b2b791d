//! How well the outlines of classes agree.

use serde::{Deserialize, Serialize};

use super::percentile::percentile;
use super::seen::Image;
use super::tally::{Mean, Tally};
use crate::distance_map::squared_distances;

/// How far apart outlines may be and still agree, in pixels.
const TOLERANCE: f64 = 2.0;

/// Means over images of means over foreground classes. A class that is neither predicted nor true in
/// an image does not count for it; an image that has no foreground, truly and as predicted, is right.
/// Ignored labels are background here, in both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Boundary {
    f1: Mean,
    hausdorff: Mean,
}

impl Tally for Boundary {
    fn of(image: &Image<'_>) -> Self {
        let [channels, height, width] = image.dims;
        let (mut f1, mut hausdorff) = (Mean::default(), Mean::default());
        for class in 1..channels as i64 {
            let outline = |classes: &[i64]| {
                let pairs = classes.iter().zip(image.classes.truth);
                let own: Vec<_> = pairs
                    .map(|(&own, &truth)| truth >= 0 && own == class)
                    .collect();
                Outline::of(&own, [height, width])
            };
            let predicted = outline(image.classes.predicted);
            let truth = outline(image.classes.truth);
            match (predicted, truth) {
                (None, None) => {}
                (Some(predicted), Some(truth)) => {
                    let mut wrong = predicted.distances(&truth);
                    let mut missed = truth.distances(&predicted);
                    f1.push(harmonic(near(&wrong), near(&missed)));
                    hausdorff.push(percentile(&mut wrong, 0.95).max(percentile(&mut missed, 0.95)));
                }
                _ => {
                    f1.push(0.0);
                    hausdorff.push((height as f64).hypot(width as f64));
                }
            }
        }
        let or = |mean: Mean, none: f64| {
            Mean::from_iter([if mean.count == 0 { none } else { mean.value() }])
        };
        Self {
            f1: or(f1, 1.0),
            hausdorff: or(hausdorff, 0.0),
        }
    }

    fn add(&mut self, other: &Self, times: u64) {
        self.f1.add(&other.f1, times);
        self.hausdorff.add(&other.hausdorff, times);
    }
}

impl Boundary {
    pub fn f1(&self) -> f64 {
        self.f1.value()
    }

    pub fn hausdorff(&self) -> f64 {
        self.hausdorff.value()
    }
}

/// The pixels of a class that have a pixel of another at one of their sides, or none.
struct Outline {
    pixels: Vec<usize>,
    /// From each pixel of the image to the nearest of these, squared.
    squares: Vec<f64>,
}

impl Outline {
    /// None of a class that is not there.
    fn of(own: &[bool], [height, width]: [usize; 2]) -> Option<Self> {
        let is =
            |row: usize, column: usize| row < height && column < width && own[row * width + column];
        let inside = |row: usize, column: usize| {
            let sides = [
                (row.wrapping_sub(1), column),
                (row + 1, column),
                (row, column.wrapping_sub(1)),
                (row, column + 1),
            ];
            sides.into_iter().all(|(row, column)| is(row, column))
        };
        let on = |place: usize| own[place] && !inside(place / width, place % width);
        let pixels: Vec<_> = (0..own.len()).filter(|&place| on(place)).collect();
        if pixels.is_empty() {
            return None;
        }
        Some(Self {
            squares: squared_distances([height, width], on),
            pixels,
        })
    }

    /// Of each of its pixels from the nearest of another.
    fn distances(&self, other: &Self) -> Vec<f64> {
        let distances = self.pixels.iter().map(|&place| other.squares[place].sqrt());
        distances.collect()
    }
}

/// The part that is near enough.
fn near(distances: &[f64]) -> f64 {
    let near = distances.iter().filter(|distance| **distance <= TOLERANCE);
    near.count() as f64 / distances.len() as f64
}

fn harmonic(precision: f64, recall: f64) -> f64 {
    match precision + recall == 0.0 {
        true => 0.0,
        false => 2.0 * precision * recall / (precision + recall),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundary(predicted: &[i64], truth: &[i64], size: [usize; 2]) -> Boundary {
        let mut image = Image::of_classes(2, predicted, truth);
        image.dims = [2, size[0], size[1]];
        Boundary::of(&image)
    }

    #[test]
    fn a_line_that_is_moved_is_as_far_as_it_was_moved() {
        let row =
            |at: usize| -> Vec<i64> { (0..40).map(|place| i64::from(place / 5 == at)).collect() };
        for (at, f1) in [(0, 1.0), (2, 1.0), (3, 0.0)] {
            let boundary = boundary(&row(at), &row(0), [8, 5]);
            assert_eq!(boundary.hausdorff(), at as f64);
            assert_eq!(boundary.f1(), f1);
        }
    }

    #[test]
    fn what_is_missing_is_as_far_as_the_image_is_wide() {
        let missing = boundary(&[0; 12], &[1; 12], [3, 4]);
        assert_eq!((missing.hausdorff(), missing.f1()), (5.0, 0.0));
        let none = boundary(&[0; 12], &[0; 12], [3, 4]);
        assert_eq!((none.hausdorff(), none.f1()), (0.0, 1.0));
    }
}
