//! The targets of a batch, as far as an output speaks of them.

use burn::tensor::{Int, Tensor, s};

use super::heat_map::heat_maps;
use crate::data::{IGNORED, Targets, Window};

/// The targets that a loss compares an output with.
#[derive(Clone, Debug)]
pub struct Truth {
    targets: Targets,
}

impl Truth {
    /// The middle of the targets, as large as an answer, `[height, width]`: a network with valid
    /// convolutions speaks of that part only. Points in an `image` of some size become heat maps of
    /// the answer's.
    ///
    /// # Panics
    /// If the answer is larger than the targets.
    pub fn new(targets: Targets, answer: [usize; 2], image: [usize; 2]) -> Self {
        let targets = match targets {
            Targets::Points(points) => Targets::Values(heat_maps(points, image, answer)),
            other => middle(other, answer),
        };
        Self { targets }
    }

    /// The targets.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// The targets, to be kept.
    pub fn into_targets(self) -> Targets {
        self.targets
    }

    /// 1 where a label counts and 0 where it is ignored, `[batch, 1, height, width]`; none where
    /// targets are not of classes. Of classes in parts, those that have no part of any do not count.
    pub fn counted(&self) -> Option<Tensor<4>> {
        match (&self.targets, self.targets.classes()) {
            (_, Some(labels)) => {
                let counted = labels.clone().not_equal_elem(IGNORED).float();
                Some(counted.unsqueeze_dim(1))
            }
            (Targets::Soft(parts), _) => Some(parts.clone().sum_dim(1).greater_elem(0.0).float()),
            _ => None,
        }
    }

    /// The probability of each class, `[batch, classes, height, width]`: 1 for the class that is
    /// true, 0 for all where the label is ignored.
    ///
    /// # Panics
    /// If the targets are not of classes.
    pub fn probabilities(&self, classes: usize) -> Tensor<4> {
        match (&self.targets, self.targets.classes()) {
            (_, Some(labels)) => one_hot(labels.clone(), classes),
            (Targets::Soft(probabilities), _) => probabilities.clone(),
            (other, _) => panic!("a loss of classes needs targets of classes, not {other:?}"),
        }
    }

    /// The mean over the pixels that count, of values `[batch, 1, height, width]`; 0 where none does.
    pub(super) fn average(&self, values: Tensor<4>) -> Tensor<1> {
        match self.counted() {
            None => values.mean(),
            Some(counted) => (values * counted.clone()).sum() / counted.sum().clamp_min(1.0),
        }
    }

    /// A map of classes, each by its weight.
    pub(super) fn by_class(&self, map: Tensor<4>, weights: &[f64]) -> Tensor<4> {
        let weights: Vec<f32> = weights.iter().map(|weight| *weight as f32).collect();
        let weights = Tensor::<1>::from_data(weights.as_slice(), &map.device());
        map * weights.reshape([1, -1, 1, 1])
    }

    /// The true values.
    ///
    /// # Panics
    /// If the targets are not of values.
    pub fn values(&self) -> Tensor<4> {
        match &self.targets {
            Targets::Values(values) => values.clone(),
            other => panic!("a loss of values needs targets of values, not {other:?}"),
        }
    }

    /// The same for an output of another size: the nearest target of each pixel.
    pub fn resized(&self, size: [usize; 2]) -> Self {
        let nearest = |map: &Tensor<4>| nearest(map.clone(), size);
        let labels = |labels: &Tensor<3, Int>| nearest_labels(labels.clone(), size);
        Self {
            targets: match &self.targets {
                Targets::Classes(classes) => Targets::Classes(labels(classes)),
                Targets::Objects {
                    classes,
                    numbers,
                    bordered,
                } => Targets::Objects {
                    classes: labels(classes),
                    numbers: labels(numbers),
                    bordered: *bordered,
                },
                Targets::Soft(map) => Targets::Soft(nearest(map)),
                Targets::Values(map) => Targets::Values(nearest(map)),
                other => other.clone(),
            },
        }
    }
}

fn one_hot(labels: Tensor<3, Int>, classes: usize) -> Tensor<4> {
    let [batch, height, width] = labels.dims();
    let dims = [batch, classes, height, width];
    let all = Tensor::<1, Int>::arange(0..classes as i64, &labels.device());
    labels
        .unsqueeze_dim::<4>(1)
        .expand(dims)
        .equal(all.reshape([1, -1, 1, 1]).expand(dims))
        .float()
}

fn middle(targets: Targets, size: [usize; 2]) -> Targets {
    let of_map = |map: Tensor<4>| {
        let [_, _, full_height, full_width] = map.dims();
        let [rows, columns] = Window::middle([full_height, full_width], size).ranges();
        map.slice(s![.., .., rows, columns])
    };
    let of_labels = |labels: Tensor<3, Int>| {
        let [_, full_height, full_width] = labels.dims();
        let [rows, columns] = Window::middle([full_height, full_width], size).ranges();
        labels.slice(s![.., rows, columns])
    };
    match targets {
        Targets::Classes(classes) => Targets::Classes(of_labels(classes)),
        Targets::Objects {
            classes,
            numbers,
            bordered,
        } => Targets::Objects {
            classes: of_labels(classes),
            numbers: of_labels(numbers),
            bordered,
        },
        Targets::Soft(map) => Targets::Soft(of_map(map)),
        Targets::Values(map) => Targets::Values(of_map(map)),
        other => other,
    }
}

fn nearest(map: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    let [_, _, height, width] = map.dims();
    if [height, width] == size {
        return map;
    }
    let device = map.device();
    let rows = positions(height, size[0], &device);
    let columns = positions(width, size[1], &device);
    map.select(2, rows).select(3, columns)
}

fn nearest_labels(labels: Tensor<3, Int>, size: [usize; 2]) -> Tensor<3, Int> {
    let [_, height, width] = labels.dims();
    if [height, width] == size {
        return labels;
    }
    let device = labels.device();
    let rows = positions(height, size[0], &device);
    let columns = positions(width, size[1], &device);
    labels.select(1, rows).select(2, columns)
}

/// `floor(i * full / count)` for each of `count` positions.
fn positions(full: usize, count: usize, device: &burn::tensor::Device) -> Tensor<1, Int> {
    let positions: Vec<i32> = (0..count).map(|i| (i * full / count) as i32).collect();
    Tensor::from_data(positions.as_slice(), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn the_middle_of_the_targets_is_compared() {
        let labels = Tensor::<3, Int>::from_data(
            [[[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]]],
            &Device::flex(),
        );
        let truth = Truth::new(Targets::Classes(labels), [2, 2], [4, 4]);
        let Targets::Classes(labels) = truth.targets() else {
            panic!("labels")
        };
        let labels = labels.clone().try_into_vec_as::<i64>().expect("reads");
        assert_eq!(labels, [1, 2, 3, 4]);
    }

    #[test]
    fn objects_are_cut_and_resized_as_their_classes_are() {
        let map = |first: i32| {
            let rows = [0, 4, 8, 12].map(|row| [0, 1, 2, 3].map(|column| first + row + column));
            Tensor::<3, Int>::from_data([rows], &Device::flex())
        };
        let targets = Targets::Objects {
            classes: map(0),
            numbers: map(100),
            bordered: true,
        };
        let read = |truth: &Truth| {
            let Targets::Objects {
                classes,
                numbers,
                bordered: true,
            } = truth.targets()
            else {
                panic!("objects")
            };
            let read = |map: &Tensor<3, Int>| map.clone().try_into_vec_as::<i64>();
            (read(classes).expect("reads"), read(numbers).expect("reads"))
        };
        let middle = Truth::new(targets.clone(), [2, 2], [4, 4]);
        let both = (vec![5, 6, 9, 10], vec![105, 106, 109, 110]);
        assert_eq!(read(&middle), both);
        let half = Truth::new(targets, [4, 4], [4, 4]).resized([2, 2]);
        let both = (vec![0, 2, 8, 10], vec![100, 102, 108, 110]);
        assert_eq!(read(&half), both);
    }

    #[test]
    fn ignored_labels_have_no_class_and_do_not_count() {
        let labels = Tensor::<3, Int>::from_data([[[1, -1]]], &Device::flex());
        let truth = Truth::new(Targets::Classes(labels), [1, 2], [1, 2]);
        let read = |map: Tensor<4>| map.try_into_vec_as::<f32>().expect("reads");
        assert_eq!(read(truth.probabilities(2)), [0.0, 0.0, 1.0, 0.0]);
        assert_eq!(read(truth.counted().expect("labels")), [1.0, 0.0]);
        let parts = Tensor::from_data([[[[0.0, 0.75]], [[0.0, 0.25]]]], &Device::flex());
        let truth = Truth::new(Targets::Soft(parts), [1, 2], [1, 2]);
        assert_eq!(read(truth.counted().expect("parts")), [0.0, 1.0]);
    }
}
