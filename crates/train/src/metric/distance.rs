//! How far key points are from where they are.

use serde::{Deserialize, Serialize};

use super::seen::Image;
use super::tally::{Mean, Tally};

/// How far apart a point may be and still be right, in percent of the longer side of the map.
const PERCENTS: [usize; 3] = [5, 10, 20];

/// Distances between the highest places of the predicted and the true heat map. A point whose true
/// map is empty is not in the image and does not count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Distances {
    apart: Mean,
    near: [Mean; PERCENTS.len()],
}

impl Tally for Distances {
    fn of(image: &Image<'_>) -> Self {
        let [_, height, width] = image.dims;
        let plane = height * width;
        let mut distances = Self::default();
        let maps = image.values.predicted.chunks(plane);
        for (predicted, truth) in maps.zip(image.values.truth.chunks(plane)) {
            let (true_place, top) = peak(truth);
            if top <= 0.0 {
                continue;
            }
            let (place, _) = peak(predicted);
            let apart = |of: fn(usize, usize) -> usize| {
                of(place, width) as f64 - of(true_place, width) as f64
            };
            let rows = apart(|place, width| place / width);
            let columns = apart(|place, width| place % width);
            let apart = rows.hypot(columns);
            distances.apart.push(apart);
            for (mean, percent) in distances.near.iter_mut().zip(PERCENTS) {
                let near = apart <= percent as f64 / 100.0 * height.max(width) as f64;
                mean.push(f64::from(u8::from(near)));
            }
        }
        distances
    }

    fn add(&mut self, other: &Self, times: u64) {
        self.apart.add(&other.apart, times);
        for (own, other) in self.near.iter_mut().zip(&other.near) {
            own.add(other, times);
        }
    }
}

impl Distances {
    pub fn mean(&self) -> f64 {
        self.apart.value()
    }

    /// The part of the points that are so near, one of [`PERCENTS`].
    pub fn within<const PERCENT: usize>(&self) -> f64 {
        let place = PERCENTS.iter().position(|&percent| percent == PERCENT);
        place.map_or(f64::NAN, |place| self.near[place].value())
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
    use super::*;

    #[test]
    fn distances_are_between_the_highest_places() {
        // Two points in a map of 2x4: 3 columns and 1 row apart, and one that is not there.
        let predicted = [
            [0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.9],
            [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        ];
        let truth = [[1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0; 8]];
        let (predicted, truth) = (predicted.concat(), truth.concat());
        let distances = Distances::of(&Image::of_values([2, 2, 4], &predicted, &truth));
        assert_eq!(distances.mean(), 10.0_f64.sqrt());
        assert_eq!(distances.within::<10>(), 0.0);
    }

    #[test]
    fn what_is_near_enough_is_a_part_of_the_longer_side() {
        let at = |place: usize| {
            let mut map = [0.0; 20];
            map[place] = 1.0;
            map
        };
        let (truth, places) = (at(5), [5, 7, 8, 12]);
        let mut distances = Distances::default();
        for predicted in places.map(at) {
            distances.add(
                &Distances::of(&Image::of_values([1, 1, 20], &predicted, &truth)),
                1,
            );
        }
        assert_eq!(distances.mean(), (0.0 + 2.0 + 3.0 + 7.0) / 4.0);
        assert_eq!(distances.within::<5>(), 0.25);
        assert_eq!(distances.within::<10>(), 0.5);
        assert_eq!(distances.within::<20>(), 0.75);
    }
}
