//! Whether the true class is among the likeliest.

use serde::{Deserialize, Serialize};

use super::seen::Image;
use super::tally::Tally;

/// The most likeliest classes that are told apart.
const MOST: usize = 10;

/// Of the images, or pixels, how many classes are likelier than the true one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Top {
    images: u64,
    /// How many images there are for which no class is likelier, one is, two are and so on.
    likelier: [u64; MOST],
}

impl Tally for Top {
    const SCORES: bool = true;

    fn of(image: &Image<'_>) -> Self {
        let mut top = Self::default();
        for (truth, scores) in image.pixels() {
            let likelier = scores.iter().filter(|score| **score > scores[truth]);
            top.images += 1;
            if let Some(images) = top.likelier.get_mut(likelier.count()) {
                *images += 1;
            }
        }
        top
    }

    fn add(&mut self, other: &Self, times: u64) {
        self.images += other.images * times;
        for (own, other) in self.likelier.iter_mut().zip(other.likelier) {
            *own += other * times;
        }
    }
}

impl Top {
    /// The part of the images whose true class has less than `COUNT` likelier ones.
    pub fn within<const COUNT: usize>(&self) -> f64 {
        let hits: u64 = self.likelier.iter().take(COUNT).sum();
        hits as f64 / self.images as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_is_a_hit_of_five_and_the_sixth_is_none() {
        let scores = [0.3, 0.2, 0.15, 0.13, 0.12, 0.1];
        let mut all = Top::default();
        for truth in 0..6 {
            let truth = [truth];
            let mut image = Image::of_classes(6, &[0], &truth);
            image.scores = &scores;
            let top = Top::of(&image);
            let hit = |hit: bool| f64::from(u8::from(hit));
            assert_eq!(top.within::<2>(), hit(truth[0] < 2));
            assert_eq!(top.within::<5>(), hit(truth[0] < 5));
            assert_eq!(top.within::<10>(), 1.0);
            all.add(&top, 2);
        }
        assert_eq!(all.within::<3>(), 0.5);
    }

    #[test]
    fn more_than_ten_likelier_ones_are_a_miss_of_all() {
        let mut scores = [0.09; 12];
        scores[11] = 0.01;
        let mut image = Image::of_classes(12, &[0], &[11]);
        image.scores = &scores;
        assert_eq!(Top::of(&image).within::<10>(), 0.0);
    }
}
