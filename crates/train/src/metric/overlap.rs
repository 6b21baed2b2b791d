//! The overlap of classes, image by image.

use serde::{Deserialize, Serialize};

use super::confusion::Confusion;
use super::seen::Image;
use super::tally::{Mean, Tally};

/// Means over images. The background, class 0, does not count: it is most of every image and is
/// nearly always right. A class that is neither predicted nor true in an image does not count for
/// it; an image that has no foreground, truly and as predicted, counts as 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Overlap {
    iou: Mean,
}

/// How many pixels of a class were found, and how many there are in the truth and in the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Found {
    pub both: u64,
    pub truth: u64,
    pub predicted: u64,
}

impl Found {
    /// Of each class below `classes`.
    pub fn of(confusion: &Confusion, classes: usize) -> Vec<Self> {
        let mut found = vec![Self::default(); classes];
        for (truth, predicted, count) in confusion.cells() {
            found[truth].truth += count;
            found[predicted].predicted += count;
            if truth == predicted {
                found[truth].both += count;
            }
        }
        found
    }

    /// `|P & T| / |P | T|`; none where both are empty.
    pub fn iou(&self) -> Option<f64> {
        let union = self.truth + self.predicted - self.both;
        (union > 0).then(|| self.both as f64 / union as f64)
    }
}

impl Tally for Overlap {
    fn of(image: &Image<'_>) -> Self {
        let found = Found::of(&Confusion::of(image), image.dims[0]);
        let ious: Mean = found[1..].iter().filter_map(Found::iou).collect();
        let iou = if ious.count == 0 { 1.0 } else { ious.value() };
        Self {
            iou: [iou].into_iter().collect(),
        }
    }

    fn add(&mut self, other: &Self, times: u64) {
        self.iou.add(&other.iou, times);
    }
}

impl Overlap {
    pub fn mean_iou(&self) -> f64 {
        self.iou.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iou(classes: usize, predicted: &[i64], truth: &[i64]) -> f64 {
        Overlap::of(&Image::of_classes(classes, predicted, truth)).mean_iou()
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
}
