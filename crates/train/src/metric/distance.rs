//! How far key points are from where they are.

use super::seen::{Metric, Seen};

/// The mean over images and points of the distance between the highest places of the predicted and
/// the true heat map, in pixels of the map. A point whose true map is empty is not in the image and
/// does not count.
#[derive(Default)]
pub(super) struct MeanDistance {
    sum: f64,
    points: usize,
}

impl Metric for MeanDistance {
    fn update(&mut self, seen: &Seen) {
        let [_, _, height, width] = seen.dims;
        let plane = height * width;
        let maps = seen.values.predicted.chunks(plane);
        for (predicted, truth) in maps.zip(seen.values.truth.chunks(plane)) {
            let (true_place, height) = peak(truth);
            if height <= 0.0 {
                continue;
            }
            let (place, _) = peak(predicted);
            let apart = |of: fn(usize, usize) -> usize| {
                of(place, width) as f64 - of(true_place, width) as f64
            };
            let rows = apart(|place, width| place / width);
            let columns = apart(|place, width| place % width);
            self.sum += rows.hypot(columns);
            self.points += 1;
        }
    }

    fn value(&self) -> f64 {
        self.sum / self.points as f64
    }
}

/// Where a map is highest, and how high; the first of several.
pub(crate) fn peak(map: &[f32]) -> (usize, f32) {
    let mut highest = (0, f32::NEG_INFINITY);
    for (place, &value) in map.iter().enumerate() {
        if value > highest.1 {
            highest = (place, value);
        }
    }
    highest
}

#[cfg(test)]
mod tests {
    use super::super::seen::Pair;
    use super::*;

    #[test]
    fn distances_are_between_the_highest_places() {
        // Two points in a map of 2x4: 3 columns and 1 row apart, and one that is not there.
        let mut metric = MeanDistance::default();
        metric.update(&Seen {
            dims: [1, 2, 2, 4],
            loss: 0.0,
            classes: Pair::default(),
            values: Pair {
                predicted: [
                    [0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.9],
                    [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                ]
                .concat(),
                truth: [[1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0; 8]].concat(),
            },
        });
        assert_eq!(metric.value(), 10.0_f64.sqrt());
    }
}
