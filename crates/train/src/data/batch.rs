//! From samples to tensors.

use std::sync::Mutex;

use burn::data::dataloader::batcher::Batcher;
use burn::tensor::{Device, Int, Tensor, TensorData};
use models::{ImageSpec, Task};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::{Normalization, Problem, Sample};

/// What training does to each image, and to its mask, anew every time it is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augmentation {
    /// Takes a square of so many pixels, anywhere in the image; none: the whole image. Must be at
    /// most its size.
    pub crop: Option<usize>,
    /// Moves by up to so many pixels each way; what comes in is black, and background.
    pub shift: usize,
    /// Mirrors left and right, every other time.
    pub flip_horizontal: bool,
    /// Mirrors top and bottom, every other time.
    pub flip_vertical: bool,
    /// Swaps rows and columns of what is seen, a square, every other time. With both flips
    /// all eight ways to lay a square are drawn.
    pub transpose: bool,
}

/// Images and answers as tensors.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `[batch, channels, height, width]`, normalised.
    pub images: Tensor<4>,
    /// What is true of them.
    pub targets: Targets,
}

/// What is true of the images of a batch.
#[derive(Clone, Debug)]
pub enum Targets {
    /// Nothing is known.
    None,
    /// The class of each pixel, `[batch, height, width]`; of whole images `[batch, 1, 1]`.
    Classes(Tensor<3, Int>),
    /// The probability of each class, `[batch, classes, height, width]`.
    Soft(Tensor<4>),
    /// Values, `[batch, channels, height, width]`.
    Values(Tensor<4>),
}

/// Makes batches, with augmentation in training.
pub struct ImageBatcher {
    image: ImageSpec,
    /// Whether each pixel has a class, not the image as a whole.
    by_pixel: bool,
    normalization: Normalization,
    augmentation: Augmentation,
    random: Mutex<StdRng>,
}

impl ImageBatcher {
    /// For evaluation: images as they are.
    pub fn plain(problem: &Problem) -> Self {
        Self::augmented(problem, Augmentation::default(), 0)
    }

    /// For training: the same seed gives the same batches in the same order.
    pub fn augmented(problem: &Problem, augmentation: Augmentation, seed: u64) -> Self {
        Self {
            image: problem.image,
            by_pixel: problem.task == Task::Segmentation,
            normalization: problem.normalization.clone(),
            augmentation,
            random: Mutex::new(StdRng::seed_from_u64(seed)),
        }
    }

    /// Draws what is seen of a sample's pixels and classes.
    fn augment(&self, sample: &mut Sample) {
        let mut random = self
            .random
            .lock()
            .unwrap_or_else(|error| error.into_inner());
        let size = [self.image.height, self.image.width];
        let window = Window::draw(self.augmentation, size, &mut random);
        sample.pixels = window.view(&sample.pixels, size);
        if self.by_pixel {
            sample.target = window.view(&sample.target, size);
        }
    }

    /// Height and width of the images of a batch.
    fn batch_size(&self) -> [usize; 2] {
        match self.augmentation.crop {
            Some(crop) => [crop, crop],
            None => [self.image.height, self.image.width],
        }
    }
}

impl Batcher<Sample, Batch> for ImageBatcher {
    fn batch(&self, samples: Vec<Sample>, device: &Device) -> Batch {
        let count = samples.len();
        let [height, width] = self.batch_size();
        let mut pixels = Vec::with_capacity(count * self.image.channels * height * width);
        let mut targets = Vec::new();
        for mut sample in samples {
            // The scale is the whole image's, also where only a part of it is seen.
            let scale = self.normalization.scale_of(&sample.pixels);
            if self.augmentation != Augmentation::default() {
                self.augment(&mut sample);
            }
            scale.apply(&mut sample.pixels);
            pixels.append(&mut sample.pixels);
            targets.append(&mut sample.target);
        }
        let pixels = TensorData::new(pixels, [count, self.image.channels, height, width]);
        let targets = match self.by_pixel {
            true => TensorData::new(targets, [count, height, width]),
            false => TensorData::new(targets, [count, 1, 1]),
        };
        Batch {
            images: Tensor::from_data(pixels, device),
            targets: Targets::Classes(Tensor::from_data(targets, device)),
        }
    }
}

/// One draw of an [`Augmentation`]: the part of an image that is seen, and how.
struct Window {
    top: i64,
    left: i64,
    size: [usize; 2],
    flip_horizontal: bool,
    flip_vertical: bool,
    transpose: bool,
}

impl Window {
    fn draw(augmentation: Augmentation, full: [usize; 2], random: &mut StdRng) -> Self {
        let size = augmentation.crop.map_or(full, |crop| [crop, crop]);
        let reach = augmentation.shift as i64;
        let mut start = |dim: usize| {
            let inside = random.random_range(0..=full[dim] - size[dim]) as i64;
            inside + random.random_range(-reach..=reach)
        };
        Self {
            top: start(0),
            left: start(1),
            size,
            flip_horizontal: augmentation.flip_horizontal && random.random(),
            flip_vertical: augmentation.flip_vertical && random.random(),
            transpose: augmentation.transpose && random.random(),
        }
    }

    /// What is seen of each plane of `[.., height, width]`.
    fn view<T: Copy + Default>(&self, values: &[T], [height, width]: [usize; 2]) -> Vec<T> {
        let rows = positions(self.top, self.size[0], height, self.flip_vertical);
        let columns = positions(self.left, self.size[1], width, self.flip_horizontal);
        let mut seen = Vec::with_capacity(values.len());
        for plane in values.chunks(height * width) {
            let mut look = |row: Option<usize>, column: Option<usize>| {
                seen.push(match (row, column) {
                    (Some(row), Some(column)) => plane[row * width + column],
                    _ => T::default(),
                });
            };
            match self.transpose {
                false => pairs(&rows, &columns).for_each(|(row, column)| look(row, column)),
                true => pairs(&columns, &rows).for_each(|(column, row)| look(row, column)),
            }
        }
        seen
    }
}

/// Where each position of a window comes from; none: from outside the image.
fn positions(start: i64, count: usize, full: usize, flip: bool) -> Vec<Option<usize>> {
    let inside = |position| {
        (0..full as i64)
            .contains(&position)
            .then_some(position as usize)
    };
    let positions = (start..start + count as i64).map(inside);
    match flip {
        true => positions.rev().collect(),
        false => positions.collect(),
    }
}

/// Every outer position with every inner one, in order.
fn pairs<'a, T: Copy>(outer: &'a [T], inner: &'a [T]) -> impl Iterator<Item = (T, T)> + 'a {
    outer
        .iter()
        .flat_map(move |&outer| inner.iter().map(move |&inner| (outer, inner)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Window = Window {
        top: 0,
        left: 0,
        size: [2, 3],
        flip_horizontal: false,
        flip_vertical: false,
        transpose: false,
    };

    #[test]
    fn a_shift_brings_in_background() {
        let window = Window {
            top: -1,
            left: 1,
            ..WHOLE
        };
        let seen = window.view(&[1, 2, 3, 4, 5, 6], [2, 3]);
        assert_eq!(seen, [0, 0, 0, 2, 3, 0]);
    }

    #[test]
    fn a_flip_mirrors_every_plane() {
        let planes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        let window = Window {
            flip_horizontal: true,
            ..WHOLE
        };
        let mirrored = [3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10];
        assert_eq!(window.view(&planes, [2, 3]), mirrored);
        let window = Window {
            flip_vertical: true,
            ..WHOLE
        };
        let mirrored = [4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9];
        assert_eq!(window.view(&planes, [2, 3]), mirrored);
    }

    #[test]
    fn a_transposition_swaps_rows_and_columns() {
        let window = Window {
            transpose: true,
            ..WHOLE
        };
        assert_eq!(window.view(&[1, 2, 3, 4, 5, 6], [2, 3]), [1, 4, 2, 5, 3, 6]);
    }

    #[test]
    fn a_crop_lies_inside_and_moves_the_mask_along() {
        let augmentation = Augmentation {
            crop: Some(2),
            ..Augmentation::default()
        };
        let mut random = StdRng::seed_from_u64(1);
        let values: Vec<i32> = (1..=20).collect();
        for _ in 0..20 {
            let window = Window::draw(augmentation, [4, 5], &mut random);
            let seen = window.view(&values, [4, 5]);
            assert_eq!(seen.len(), 4);
            assert!(!seen.contains(&0), "nothing from outside");
            assert_eq!([seen[1] - seen[0], seen[2] - seen[0]], [1, 5]);
        }
    }
}
