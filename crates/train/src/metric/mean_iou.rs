//! Mean intersection over union.

use super::seen::{Metric, Seen};

/// The mean over images of the mean over foreground classes of `|P & T| / |P | T|`.
///
/// The background, class 0, does not count: it is most of every image and is nearly always right.
/// A class that is neither predicted nor true in an image does not count for it; an image that
/// has no foreground, truly and as predicted, counts as 1. Pixels with an ignored label do not
/// count.
#[derive(Default)]
pub(super) struct MeanIou {
    sum: f64,
    images: usize,
}

impl Metric for MeanIou {
    fn update(&mut self, seen: &Seen) {
        let Seen { dims, classes, .. } = seen;
        let [images, channels, height, width] = *dims;
        let plane = height * width;
        let predicted = classes.predicted.chunks(plane);
        for (predicted, truth) in predicted.zip(classes.truth.chunks(plane)) {
            self.sum += image_iou(predicted, truth, channels);
        }
        self.images += images;
    }

    fn value(&self) -> f64 {
        self.sum / self.images as f64
    }
}

/// The mean IoU of one image, from the classes of its pixels.
fn image_iou(predictions: &[i64], targets: &[i64], classes: usize) -> f64 {
    let mut intersection = vec![0_u64; classes];
    let mut union = vec![0_u64; classes];
    let pairs = predictions.iter().zip(targets);
    for (&predicted, &target) in pairs.filter(|(_, target)| **target >= 0) {
        union[target as usize] += 1;
        match predicted == target {
            true => intersection[target as usize] += 1,
            false => union[predicted as usize] += 1,
        }
    }
    let foreground = (1..classes).filter(|&class| union[class] > 0);
    let ious: Vec<_> = foreground
        .map(|class| intersection[class] as f64 / union[class] as f64)
        .collect();
    match ious.len() {
        0 => 1.0,
        count => ious.iter().sum::<f64>() / count as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iou_is_the_common_part_of_both() {
        // Of nucleus pixels, 2 are common, 1 is only predicted and 1 only true.
        let iou = image_iou(&[1, 1, 1, 0, 0], &[1, 1, 0, 1, 0], 2);
        assert_eq!(iou, 0.5);
    }

    #[test]
    fn background_does_not_count() {
        assert_eq!(image_iou(&[0, 0, 0, 1], &[0, 0, 1, 0], 2), 0.0);
        assert_eq!(image_iou(&[0, 0], &[0, 0], 2), 1.0);
    }

    #[test]
    fn absent_classes_do_not_count() {
        assert_eq!(image_iou(&[0, 2], &[0, 2], 4), 1.0);
        assert_eq!(image_iou(&[1, 2], &[1, 1], 4), 0.25);
    }

    #[test]
    fn ignored_pixels_do_not_count() {
        assert_eq!(image_iou(&[1, 1, 0], &[1, -1, 0], 2), 1.0);
    }
}
