//! Images with their answers: embedded sets and folders of one's own.
//!
//! The path of an image: a [`Source`] reads an [`Item`] when it is asked for; [`Preprocessing`]
//! brings it to the size that the network sees; in training, a list of [`Transform`]s draws what is
//! seen of it; its pixels come to a common scale; a [`Loader`] makes a [`Batch`] of several.
//! Nothing is kept, so that memory does not grow with the set.

mod batch;
mod folder;
mod idx;
mod image_file;
mod loader;
#[cfg(test)]
mod made;
mod mask;
mod mask_file;
mod normalization;
mod nuclei;
mod picture;
mod preprocessing;
mod random;
mod source;
mod split;
mod splits;
mod survey;
pub mod transform;
mod window;

pub use batch::{Batch, Targets};
pub use image_file::read_picture;
pub use loader::{Loader, Position, Timing};
pub use mask::{IGNORED, Mask, MaskValues};
pub use normalization::Normalization;
pub use picture::{Picture, Values};
pub use preprocessing::{Preprocessing, Resizing};
pub use source::{Item, Source, Subset, Target};
pub use splits::Splits;
pub use transform::{Transform, size_after};
pub use window::Window;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use models::{ImageSpec, Task};
use serde::{Deserialize, Serialize};

/// What a network is to learn, as far as it must be known to apply it later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// One class an image, or one class a pixel.
    pub task: Task,
    /// The images that go into the network: what comes of the preprocessing.
    pub image: ImageSpec,
    /// The classes' names. In segmentation the first is the background.
    pub classes: Vec<String>,
    /// What the values of masks stand for, in segmentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask_values: Option<MaskValues>,
    /// What is done to every image before the network sees it.
    pub preprocessing: Preprocessing,
}

/// A data set. Its images are read when they are asked for.
pub struct DataSet {
    /// What is to be learned.
    pub problem: Problem,
    /// Images to learn from.
    pub train: Arc<dyn Source>,
    /// Images to choose the best epoch by.
    pub valid: Arc<dyn Source>,
    /// Images that are looked at once, at the end.
    pub test: Arc<dyn Source>,
    /// What training does to the images, unless told otherwise.
    pub transforms: Vec<Transform>,
}

impl DataSet {
    /// The same with at most `count` images in each split.
    pub fn limited(self, count: usize) -> Self {
        let first = |source| Arc::new(Subset::first(source, count));
        Self {
            train: first(self.train),
            valid: first(self.valid),
            test: first(self.test),
            ..self
        }
    }
}

/// The names of the data sets that are embedded.
pub const EMBEDDED: [&str; 2] = ["mnist-mini", "nuclei-mini"];

/// The part of the training images that is held out where a set brings no images of its own for
/// validation or test.
const HELD_OUT: f64 = 0.1;

/// Finds an embedded set by name, or a folder by path. A folder's images are brought to `size`,
/// height and width, or to [`suggested_size`]; embedded sets have their own. A folder's training
/// images are looked at once, for what they have in common.
///
/// # Errors
/// If there is no such set or folder, or something in it cannot be read.
pub fn load(data: &str, size: Option<[usize; 2]>, seed: u64) -> Result<DataSet> {
    match data {
        "mnist-mini" => idx::mnist_mini(seed),
        "nuclei-mini" => nuclei::nuclei_mini(seed),
        path => folder::load(folder_of(path)?, size, seed),
    }
}

/// Finds a data set for a problem that was learned before: its classes, size and scale are the
/// problem's.
///
/// # Errors
/// If there is no such set or folder, or its answers are not what was learned.
pub fn load_for(data: &str, problem: &Problem, seed: u64) -> Result<DataSet> {
    problem.preprocessing.check()?;
    if !EMBEDDED.contains(&data) {
        return folder::load_for(folder_of(data)?, problem, seed);
    }
    let found = load(data, None, seed)?;
    ensure!(
        found.problem.classes == problem.classes,
        "'{data}' has {} classes ({}); what was learned has {} ({})",
        found.problem.classes.len(),
        found.problem.classes.join(", "),
        problem.classes.len(),
        problem.classes.join(", ")
    );
    Ok(DataSet {
        problem: problem.clone(),
        ..found
    })
}

/// What `data` is for, without reading its images.
///
/// # Errors
/// If there is no such set or folder.
pub fn task_of(data: &str) -> Result<Task> {
    match data {
        "mnist-mini" => Ok(Task::Classification),
        "nuclei-mini" => Ok(Task::Segmentation),
        path => folder::task_of(folder_of(path)?),
    }
}

/// Height and width that suit a data set's images. For a folder: the middle ones of the heights and
/// widths of its training images, of which only the headers are read; the longer at most 256; with
/// masks, in steps of 16. Embedded sets: their own.
///
/// # Errors
/// If there is no such set or folder, or an image cannot be read.
pub fn suggested_size(data: &str) -> Result<[usize; 2]> {
    match data {
        "mnist-mini" => Ok([28, 28]),
        "nuclei-mini" => Ok([256, 256]),
        path => folder::suggested_size(folder_of(path)?),
    }
}

fn folder_of(data: &str) -> Result<&Path> {
    let path = Path::new(data);
    if !path.is_dir() {
        bail!(
            "there is no data set and no folder '{data}'; give a folder's path or one of: {}",
            EMBEDDED.join(", ")
        );
    }
    Ok(path)
}
