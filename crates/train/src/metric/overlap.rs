//! The overlap of classes, image by image.

use serde::{Deserialize, Serialize};

use super::confusion::{Confusion, Found};
use super::seen::Image;
use super::tally::{Mean, Tally};

/// Means over images. The background, class 0, does not count: it is most of every image and is
/// nearly always right. A class that is neither predicted nor true in an image does not count for
/// it; an image that has no foreground, truly and as predicted, counts as 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Overlap {
    iou: Mean,
    dice: Mean,
    /// Of each class, over the images that it is in.
    classes: Vec<[Mean; 2]>,
}

impl Tally for Overlap {
    fn of(image: &Image<'_>) -> Self {
        let confusion = Confusion::of(image);
        let found: Vec<_> = (0..image.dims[0])
            .map(|class| confusion.found(class))
            .collect();
        let mean = |of: fn(&Found) -> Option<f64>| {
            let classes: Mean = found[1..].iter().filter_map(of).collect();
            let mean = if classes.count == 0 {
                1.0
            } else {
                classes.value()
            };
            Mean::from_iter([mean])
        };
        let classes = found.iter().map(|found| {
            [found.iou(), found.dice()].map(|value| value.into_iter().collect::<Mean>())
        });
        Self {
            iou: mean(Found::iou),
            dice: mean(Found::dice),
            classes: classes.collect(),
        }
    }

    fn add(&mut self, other: &Self, times: u64) {
        self.iou.add(&other.iou, times);
        self.dice.add(&other.dice, times);
        let most = self.classes.len().max(other.classes.len());
        self.classes.resize_with(most, Default::default);
        for ([iou, dice], [other_iou, other_dice]) in self.classes.iter_mut().zip(&other.classes) {
            iou.add(other_iou, times);
            dice.add(other_dice, times);
        }
    }
}

impl Overlap {
    pub fn mean_iou(&self) -> f64 {
        self.iou.value()
    }

    pub fn mean_dice(&self) -> f64 {
        self.dice.value()
    }

    pub fn image_iou(&self, class: usize) -> f64 {
        self.classes
            .get(class)
            .map_or(f64::NAN, |[iou, _]| iou.value())
    }

    pub fn image_dice(&self, class: usize) -> f64 {
        self.classes
            .get(class)
            .map_or(f64::NAN, |[_, dice]| dice.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(classes: usize, predicted: &[i64], truth: &[i64]) -> Overlap {
        Overlap::of(&Image::of_classes(classes, predicted, truth))
    }

    fn iou(classes: usize, predicted: &[i64], truth: &[i64]) -> f64 {
        overlap(classes, predicted, truth).mean_iou()
    }

    #[test]
    fn iou_is_the_common_part_of_both() {
        // Of nucleus pixels, 2 are common, 1 is only predicted and 1 only true.
        assert_eq!(iou(2, &[1, 1, 1, 0, 0], &[1, 1, 0, 1, 0]), 0.5);
    }

    #[test]
    fn background_does_not_count() {
        assert_eq!(iou(2, &[0, 0, 0, 1], &[0, 0, 1, 0]), 0.0);
        assert_eq!(iou(2, &[0, 0], &[0, 0]), 1.0);
    }

    #[test]
    fn absent_classes_do_not_count() {
        assert_eq!(iou(4, &[0, 2], &[0, 2]), 1.0);
        assert_eq!(iou(4, &[1, 2], &[1, 1]), 0.25);
    }

    #[test]
    fn ignored_pixels_do_not_count() {
        assert_eq!(iou(2, &[1, 1, 0], &[1, -1, 0]), 1.0);
    }

    #[test]
    fn a_class_is_averaged_over_the_images_that_it_is_in() {
        let mut sum = overlap(3, &[1, 1, 0], &[1, 0, 0]);
        sum.add(&overlap(3, &[1, 2, 0], &[1, 2, 0]), 1);
        assert_eq!([1, 2].map(|class| sum.image_iou(class)), [0.75, 1.0]);
        assert_eq!(sum.image_dice(1), (2.0 / 3.0 + 1.0) / 2.0);
    }
}
