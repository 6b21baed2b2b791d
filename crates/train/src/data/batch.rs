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
    /// Moves by up to so many pixels each way; what comes in is black, and background.
    pub shift: usize,
    /// Mirrors left and right, every other time.
    pub flip_horizontal: bool,
    /// Mirrors top and bottom, every other time.
    pub flip_vertical: bool,
}

/// Images and answers as tensors.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `[batch, channels, height, width]`, normalised.
    pub images: Tensor<4>,
    /// Classes: `[batch, height, width]` in segmentation, `[batch, 1, 1]` in classification.
    pub targets: Tensor<3, Int>,
}

/// Makes batches, with augmentation in training.
pub struct ImageBatcher {
    image: ImageSpec,
    target: [usize; 2],
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
            target: match problem.task {
                Task::Classification => [1, 1],
                Task::Segmentation => [problem.image.height, problem.image.width],
            },
            normalization: problem.normalization.clone(),
            augmentation,
            random: Mutex::new(StdRng::seed_from_u64(seed)),
        }
    }

    fn augment(&self, sample: &mut Sample) {
        let mut random = self
            .random
            .lock()
            .unwrap_or_else(|error| error.into_inner());
        let movement = Movement::draw(self.augmentation, &mut random);
        let size = [self.image.height, self.image.width];
        sample.pixels = movement.apply(&sample.pixels, size);
        if self.target == size {
            sample.target = movement.apply(&sample.target, size);
        }
    }
}

impl Batcher<Sample, Batch> for ImageBatcher {
    fn batch(&self, mut samples: Vec<Sample>, device: &Device) -> Batch {
        let count = samples.len();
        let [channels, height, width] = self.image.dims();
        if self.augmentation != Augmentation::default() {
            samples.iter_mut().for_each(|sample| self.augment(sample));
        }
        let mut pixels = Vec::with_capacity(count * self.image.values());
        let mut targets = Vec::with_capacity(count * self.target[0] * self.target[1]);
        for mut sample in samples {
            self.normalization.apply(&mut sample.pixels);
            pixels.append(&mut sample.pixels);
            targets.append(&mut sample.target);
        }
        let pixels = TensorData::new(pixels, [count, channels, height, width]);
        let targets = TensorData::new(targets, [count, self.target[0], self.target[1]]);
        Batch {
            images: Tensor::from_data(pixels, device),
            targets: Tensor::from_data(targets, device),
        }
    }
}

/// One draw of an [`Augmentation`].
struct Movement {
    down: i64,
    right: i64,
    flip_horizontal: bool,
    flip_vertical: bool,
}

impl Movement {
    fn draw(augmentation: Augmentation, random: &mut StdRng) -> Self {
        let reach = augmentation.shift as i64;
        Self {
            down: random.random_range(-reach..=reach),
            right: random.random_range(-reach..=reach),
            flip_horizontal: augmentation.flip_horizontal && random.random(),
            flip_vertical: augmentation.flip_vertical && random.random(),
        }
    }

    /// Moves each plane of `[.., height, width]`.
    fn apply<T: Copy + Default>(&self, values: &[T], [height, width]: [usize; 2]) -> Vec<T> {
        let source = |position: usize, size: usize, movement: i64, flip: bool| {
            let from = position as i64 - movement;
            let inside = (0..size as i64).contains(&from).then_some(from as usize);
            inside.map(|from| if flip { size - 1 - from } else { from })
        };
        let rows: Vec<_> = (0..height)
            .map(|row| source(row, height, self.down, self.flip_vertical))
            .collect();
        let columns: Vec<_> = (0..width)
            .map(|column| source(column, width, self.right, self.flip_horizontal))
            .collect();
        let mut moved = Vec::with_capacity(values.len());
        for plane in values.chunks(height * width) {
            for row in &rows {
                for column in &columns {
                    moved.push(match (row, column) {
                        (Some(row), Some(column)) => plane[row * width + column],
                        _ => T::default(),
                    });
                }
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Movement = Movement {
        down: 0,
        right: 0,
        flip_horizontal: false,
        flip_vertical: false,
    };

    #[test]
    fn a_shift_brings_in_background() {
        let movement = Movement {
            down: 1,
            right: -1,
            ..STILL
        };
        let moved = movement.apply(&[1, 2, 3, 4, 5, 6], [2, 3]);
        assert_eq!(moved, [0, 0, 0, 2, 3, 0]);
    }

    #[test]
    fn a_flip_mirrors_every_plane() {
        let movement = Movement {
            flip_horizontal: true,
            ..STILL
        };
        assert_eq!(movement.apply(&[1, 2, 3, 4], [1, 2]), [2, 1, 4, 3]);
        let movement = Movement {
            flip_vertical: true,
            ..STILL
        };
        assert_eq!(movement.apply(&[1, 2, 3, 4], [2, 2]), [3, 4, 1, 2]);
    }
}
