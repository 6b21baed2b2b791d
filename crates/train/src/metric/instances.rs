//! Objects, one by one.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::seen::Image;
use super::tally::{Mean, Tally};
use crate::objects::{Object, Objects};

/// What an object and its answer must have in common at least to be a pair, in ten steps.
const THRESHOLDS: [f64; 10] = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

/// Objects are the connected parts of the foreground classes, in the answer and in the truth; what is
/// ignored in the truth is part of none. An object and an answer of its class pair by their IoU.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Instances {
    precision: Mean,
    aggregated: Mean,
    classes: Vec<Panoptic>,
}

/// Of a class, over all images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Panoptic {
    /// The IoU of its pairs.
    pairs: Mean,
    /// Answers without an object.
    wrong: u64,
    /// Objects without an answer.
    missed: u64,
}

impl Tally for Instances {
    fn of(image: &Image<'_>) -> Self {
        let pairs = Pairs::of(image);
        Self {
            precision: Mean::from_iter([pairs.average_precision()]),
            aggregated: Mean::from_iter([pairs.aggregated_jaccard()]),
            classes: (0..image.dims[0])
                .map(|class| pairs.panoptic(class as i32))
                .collect(),
        }
    }

    fn add(&mut self, other: &Self, times: u64) {
        self.precision.add(&other.precision, times);
        self.aggregated.add(&other.aggregated, times);
        let most = self.classes.len().max(other.classes.len());
        self.classes.resize_with(most, Default::default);
        for (own, other) in self.classes.iter_mut().zip(&other.classes) {
            own.pairs.add(&other.pairs, times);
            own.wrong += other.wrong * times;
            own.missed += other.missed * times;
        }
    }
}

impl Instances {
    pub fn average_precision(&self) -> f64 {
        self.precision.value()
    }

    pub fn aggregated_jaccard(&self) -> f64 {
        self.aggregated.value()
    }

    pub fn panoptic_quality(&self) -> f64 {
        let qualities = self.classes.iter().map(|class| {
            let unpaired = (class.wrong + class.missed) as f64;
            class.pairs.sum / (class.pairs.count as f64 + unpaired / 2.0)
        });
        qualities
            .filter(|quality| !quality.is_nan())
            .collect::<Mean>()
            .value()
    }
}

/// The objects of an image, and which have pixels in common.
struct Pairs {
    predicted: Vec<Object>,
    truth: Vec<Object>,
    /// By the places of an answer and an object of one class: the pixels that they have in common.
    common: HashMap<(usize, usize), usize>,
}

impl Pairs {
    fn of(image: &Image<'_>) -> Self {
        let [_, height, width] = image.dims;
        let objects = |classes: &[i64]| {
            let pairs = classes.iter().zip(image.classes.truth);
            let counted = pairs.map(|(&own, &truth)| if truth < 0 { 0 } else { own as i32 });
            Objects::of(&counted.collect::<Vec<_>>(), [height, width])
        };
        let (answers, objects) = (
            objects(image.classes.predicted),
            objects(image.classes.truth),
        );
        let (predicted, truth): (Vec<_>, Vec<_>) =
            (answers.iter().collect(), objects.iter().collect());
        let mut common = HashMap::new();
        for pair in answers.places().zip(objects.places()) {
            if let (Some(answer), Some(object)) = pair
                && predicted[answer].class == truth[object].class
            {
                *common.entry((answer, object)).or_default() += 1;
            }
        }
        Self {
            predicted,
            truth,
            common,
        }
    }

    fn union(&self, (answer, object): (usize, usize), common: usize) -> usize {
        self.predicted[answer].area + self.truth[object].area - common
    }

    fn ious(&self) -> impl Iterator<Item = (i32, f64)> + '_ {
        self.common.iter().map(|(&pair, &common)| {
            let iou = common as f64 / self.union(pair, common) as f64;
            (self.truth[pair.1].class, iou)
        })
    }

    /// The mean over thresholds of `pairs / (pairs + wrong + missed)`. No two answers have more than
    /// half of an object.
    fn average_precision(&self) -> f64 {
        let all = self.predicted.len() + self.truth.len();
        if all == 0 {
            return 1.0;
        }
        let precisions = THRESHOLDS.iter().map(|&threshold| {
            let pairs = self.ious().filter(|(_, iou)| *iou > threshold).count();
            pairs as f64 / (all - pairs) as f64
        });
        precisions.collect::<Mean>().value()
    }

    /// The pixels that each object has in common with its best answer, by those of either, and of
    /// the answers that are nobody's best.
    fn aggregated_jaccard(&self) -> f64 {
        let mut best: Vec<Option<(usize, f64)>> = vec![None; self.truth.len()];
        for (&pair @ (answer, object), &common) in &self.common {
            let iou = common as f64 / self.union(pair, common) as f64;
            // The first of equal ones, in whatever order they come.
            let better = best[object]
                .is_none_or(|(other, highest)| iou > highest || (iou == highest && answer < other));
            if better {
                best[object] = Some((answer, iou));
            }
        }
        let mut spare: Vec<bool> = vec![true; self.predicted.len()];
        let (mut both, mut either) = (0, 0);
        for (object, best) in best.into_iter().enumerate() {
            match best {
                None => either += self.truth[object].area,
                Some((answer, _)) => {
                    let common = self.common[&(answer, object)];
                    both += common;
                    either += self.union((answer, object), common);
                    spare[answer] = false;
                }
            }
        }
        let unused = self.predicted.iter().zip(spare).filter(|(_, spare)| *spare);
        either += unused.map(|(answer, _)| answer.area).sum::<usize>();
        match either {
            0 => 1.0,
            either => both as f64 / either as f64,
        }
    }

    fn panoptic(&self, class: i32) -> Panoptic {
        // Their sum must not follow from the order of a hash map.
        let own = self.ious().filter(|(own, iou)| *own == class && *iou > 0.5);
        let mut ious: Vec<_> = own.map(|(_, iou)| iou).collect();
        ious.sort_by(f64::total_cmp);
        let pairs: Mean = ious.into_iter().collect();
        let unpaired = |objects: &[Object]| {
            let own = objects.iter().filter(|object| object.class == class);
            own.count() as u64 - pairs.count
        };
        Panoptic {
            pairs,
            wrong: unpaired(&self.predicted),
            missed: unpaired(&self.truth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instances(predicted: &[i64], truth: &[i64]) -> Instances {
        Instances::of(&Image::of_classes(2, predicted, truth))
    }

    #[test]
    fn one_of_two_objects_is_found() {
        // The first with an IoU of 3/4, the second not at all; an answer where nothing is.
        let found = instances(
            &[1, 1, 1, 1, 0, 0, 0, 0, 0, 1],
            &[1, 1, 1, 0, 0, 1, 1, 0, 0, 0],
        );
        // A pair of three objects and answers, up to a threshold of 0.7.
        assert!((found.average_precision() - 5.0 * (1.0 / 3.0) / 10.0).abs() < 1e-12);
        assert_eq!(found.panoptic_quality(), 0.75 / 2.0);
        assert_eq!(found.aggregated_jaccard(), 3.0 / (4.0 + 2.0 + 1.0));
    }

    #[test]
    fn two_objects_in_one_answer_are_missed() {
        let merged = instances(&[1, 1, 1, 1, 1], &[1, 1, 0, 1, 1]);
        assert_eq!(merged.average_precision(), 0.0);
        assert_eq!(merged.panoptic_quality(), 0.0);
        // Both have the answer as their best.
        assert_eq!(merged.aggregated_jaccard(), 4.0 / 10.0);
    }

    #[test]
    fn nothing_where_nothing_is_is_right() {
        let none = instances(&[0, 0], &[0, -1]);
        assert_eq!(none.average_precision(), 1.0);
        assert_eq!(none.aggregated_jaccard(), 1.0);
        assert!(none.panoptic_quality().is_nan());
    }
}
