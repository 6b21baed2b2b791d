//! Images with their answers: embedded sets and folders of one's own.

mod batch;
mod folder;
mod idx;
mod image_file;
mod nuclei;
mod split;

pub use batch::{Augmentation, Batch, ImageBatcher, Targets};
pub use image_file::{read_image, resize};
pub use split::Samples;

mod loaders;

pub(crate) use loaders::{input, plain_loader, training_loader};

use std::path::Path;

use anyhow::{Result, bail};
use models::{ImageSpec, Task};
use serde::{Deserialize, Serialize};

/// An image and its answer.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it is called: a file's name without its ending, or its place in the set.
    pub name: String,
    /// Values from 0 to 1, `[channels, height, width]`.
    pub pixels: Vec<f32>,
    /// The class: one for the image, or one for each pixel, `[height, width]`.
    pub target: Vec<i32>,
}

/// How pixels are brought to a common scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalization {
    /// `(x - mean) / deviation` of the whole training set, per channel.
    DataSet {
        /// Mean of each channel.
        mean: Vec<f32>,
        /// Standard deviation of each channel.
        deviation: Vec<f32>,
    },
    /// `(x - low) / (high - low) * 2 - 1` with the image's own 1st and 99.5th percentile, for images
    /// of very different brightness.
    Image,
}

/// What a network is to learn, as far as it must be known to apply it later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// One class an image, or one class a pixel.
    pub task: Task,
    /// The images that go in.
    pub image: ImageSpec,
    /// The classes' names. In segmentation the first is the background.
    pub classes: Vec<String>,
    /// How pixels are brought to a common scale.
    pub normalization: Normalization,
}

/// A data set, in memory.
pub struct DataSet {
    /// What is to be learned.
    pub problem: Problem,
    /// Images to learn from.
    pub train: Samples,
    /// Images to choose the best epoch by.
    pub valid: Samples,
    /// Images that are looked at once, at the end.
    pub test: Samples,
    /// What training does to the images.
    pub augmentation: Augmentation,
}

impl DataSet {
    /// The same with at most `count` images in each split.
    pub fn limited(self, count: usize) -> Self {
        Self {
            train: self.train.first(count),
            valid: self.valid.first(count),
            test: self.test.first(count),
            ..self
        }
    }
}

/// The names of the data sets that are embedded.
pub const EMBEDDED: [&str; 2] = ["mnist-mini", "nuclei-mini"];

/// The part of the training images that is held out where a set brings no images of its own for
/// validation or test.
const HELD_OUT: f64 = 0.1;

/// Loads an embedded set by name, or a folder by path. Images of a folder are resized to `size`
/// (height and width).
///
/// # Errors
/// If there is no such set or folder, or something in it cannot be read.
pub fn load(data: &str, size: usize, seed: u64) -> Result<DataSet> {
    match data {
        "mnist-mini" => idx::mnist_mini(seed),
        "nuclei-mini" => nuclei::nuclei_mini(seed),
        path if Path::new(path).is_dir() => folder::load(Path::new(path), size, seed),
        other => bail!(
            "there is no data set and no folder '{other}'; give a folder's path or one of: {}",
            EMBEDDED.join(", ")
        ),
    }
}

/// What `data` is for, without loading it all.
///
/// # Errors
/// If there is no such set or folder.
pub fn task_of(data: &str) -> Result<Task> {
    match data {
        "mnist-mini" => Ok(Task::Classification),
        "nuclei-mini" => Ok(Task::Segmentation),
        path if Path::new(path).is_dir() => folder::task_of(Path::new(path)),
        other => bail!(
            "there is no data set and no folder '{other}'; give a folder's path or one of: {}",
            EMBEDDED.join(", ")
        ),
    }
}

impl Normalization {
    /// Measures the mean and deviation of each channel of a training set.
    fn of_data_set(samples: &[Sample], channels: usize) -> Self {
        let moments = (0..channels).map(|channel| {
            moments(samples.iter().flat_map(|sample| {
                let plane = sample.pixels.len() / channels;
                &sample.pixels[channel * plane..(channel + 1) * plane]
            }))
        });
        let (mean, deviation) = moments.unzip();
        Self::DataSet { mean, deviation }
    }

    /// The scale of an image, `[channels, height, width]`.
    pub fn scale_of(&self, pixels: &[f32]) -> Scale {
        match self {
            Self::DataSet { mean, deviation } => Scale(
                mean.iter()
                    .copied()
                    .zip(deviation.iter().copied())
                    .collect(),
            ),
            Self::Image => Scale(vec![percentiles(pixels)]),
        }
    }
}

/// What becomes 0 and how far from it 1 is: for each channel, or for all together.
pub struct Scale(Vec<(f32, f32)>);

impl Scale {
    /// `(x - zero) / unit` for an image, or a part of it, `[channels, height, width]`.
    pub fn apply(&self, pixels: &mut [f32]) {
        let plane = pixels.len() / self.0.len();
        for (pixels, (zero, unit)) in pixels.chunks_mut(plane).zip(&self.0) {
            for pixel in pixels {
                *pixel = (*pixel - zero) / unit;
            }
        }
    }
}

/// The middle between the 1st and the 99.5th percentile, and how far they are from it; 1 for an
/// image without contrast.
fn percentiles(pixels: &[f32]) -> (f32, f32) {
    let mut sorted = pixels.to_vec();
    sorted.sort_by(f32::total_cmp);
    let at = |fraction: f64| sorted[((sorted.len() - 1) as f64 * fraction).round() as usize];
    let (low, high) = (at(0.01), at(0.995));
    let reach = (high - low) / 2.0;
    let reach = if reach < 1e-6 { 1.0 } else { reach };
    ((low + high) / 2.0, reach)
}

/// Mean and standard deviation; the deviation of a constant is taken as 1.
fn moments<'a>(values: impl Iterator<Item = &'a f32>) -> (f32, f32) {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for &value in values {
        let value = f64::from(value);
        count += 1.0;
        sum += value;
        squares += value * value;
    }
    let mean = sum / count;
    let deviation = (squares / count - mean * mean).max(0.0).sqrt();
    let deviation = if deviation < 1e-6 { 1.0 } else { deviation };
    (mean as f32, deviation as f32)
}
