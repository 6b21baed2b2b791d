//! Images with their answers: embedded sets, and those of one's own in folders, indices and arrays.
//!
//! The path of an image: a [`Source`] reads an [`Item`] when it is asked for; [`Preprocessing`]
//! brings it to the size that the network sees; in training, a list of [`Transform`]s draws what is
//! seen of it; its pixels come to a common scale; a [`Loader`] makes a [`Batch`] of several.
//! Nothing is kept, so that memory does not grow with the set.

mod arrays;
mod assemble;
mod batch;
mod cache;
mod cifar;
mod class_weights;
mod coco;
mod collection;
mod duplicates;
mod embedded;
mod files;
mod folder;
mod form;
mod header;
mod idx;
mod image_file;
mod index;
mod joined;
mod listing;
mod loader;
#[cfg(test)]
mod made;
mod mask;
mod mask_file;
mod mask_values;
mod mirrored;
mod mnist;
mod normalization;
mod npy;
mod nuclei;
mod numbered;
mod numpy;
mod pages;
mod picture;
mod preprocessing;
mod random;
mod report;
mod resizing;
mod settings;
mod shapes;
mod share;
mod source;
mod splits;
mod survey;
mod tiff_file;
mod tiled;
mod tiles;
mod tolerant;
pub mod transform;
mod unpacked;
mod window;
mod zipped;

pub use batch::{Batch, Targets};
pub use duplicates::Pairs;
pub use embedded::EMBEDDED;
pub use header::Header;
pub use image_file::read_picture;
pub(crate) use listing::images_at;
pub use loader::{Loader, Position, Skipped, Timing};
pub use mask::{BORDER, IGNORED, INSIDE, Mask, Numbered};
pub use mask_values::MaskValues;
pub use normalization::Normalization;
pub use pages::Pages;
pub use picture::{Picture, Values};
pub use preprocessing::Preprocessing;
pub(crate) use random::seed_of;
pub use report::{Part as PartReport, Report};
pub use resizing::{Interpolation, Resizing};
pub use settings::{ClassWeights, Data, Duplicates, OnBadImage, Sampling, Scaling, Sharing, Size};
pub use source::{Item, Source, Subset, Target};
pub use splits::Splits;
pub use tiles::Tiles;
pub(crate) use tiles::starts;
pub(crate) use transform::mixes_classes;
pub use transform::{Transform, check_task, size_after};
pub use window::Window;

use std::sync::Arc;

use anyhow::{Result, ensure};
use models::{ImageSpec, Task};
use serde::{Deserialize, Serialize};

use self::assemble::{assemble, assemble_for};
use self::cache::Cached;
use self::collection::{Collection, Wanted, counts};
use self::embedded::Embedded;
use self::form::Form;
use self::tiled::Tiled;

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
#[derive(Clone)]
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
    /// The class of each training image, where images have one.
    pub labels: Option<Vec<usize>>,
    /// How often each training image is learned from; none: once an epoch.
    pub weights: Option<Vec<f64>>,
    /// Pairs of points, by their places among the classes, that change places in a mirrored image.
    pub mirrored: Vec<[usize; 2]>,
}

impl DataSet {
    /// The same with at most `count` images in each split; none: with all of them.
    pub fn limited(self, count: impl Into<Option<usize>>) -> Self {
        let Some(count) = count.into() else {
            return self;
        };
        let first = |source| Arc::new(Subset::first(source, count));
        let cut = |mut values: Vec<f64>| {
            values.truncate(count);
            values
        };
        Self {
            train: first(self.train),
            valid: first(self.valid),
            test: first(self.test),
            weights: self.weights.map(cut),
            labels: self
                .labels
                .map(|labels| labels.into_iter().take(count).collect()),
            ..self
        }
    }

    /// Images that are in more than one part, by their pixels: what is measured with them says too
    /// much. Each image is read once.
    ///
    /// # Errors
    /// If one cannot be read, unless such images are left out.
    pub fn duplicates(&self, on_bad_image: OnBadImage) -> Result<Pairs> {
        duplicates::across(self, on_bad_image.into())
    }

    /// The same, with the images to learn from and to validate by, which are read every epoch, decoded
    /// and brought to their size once, and kept in the folder that the settings name; without one, as
    /// it is. What lies in memory is there.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn cached(self, settings: &Data) -> Result<Self> {
        let Some(folder) = &settings.cache else {
            return Ok(self);
        };
        let preprocessing = &self.problem.preprocessing;
        let cached = |part: Arc<dyn Source>| -> Result<Arc<dyn Source>> {
            Ok(match part.modified(0) {
                None => part,
                Some(_) => Arc::new(Cached::new(part, preprocessing, settings, folder)?),
            })
        };
        Ok(Self {
            train: cached(self.train)?,
            valid: cached(self.valid)?,
            ..self
        })
    }

    /// The same, where a network sees tiles, with each tile of the images to learn from and to validate
    /// by as an image of its own. Their headers are read.
    ///
    /// # Errors
    /// If one cannot be read, unless such images are left out.
    pub fn in_tiles(self, on_bad_image: OnBadImage) -> Result<Self> {
        let Some(tiles) = self.problem.preprocessing.tiles() else {
            return Ok(self);
        };
        let train = Tiled::new(self.train, tiles, on_bad_image.into())?;
        let valid = Tiled::new(self.valid, tiles, on_bad_image.into())?;
        Ok(Self {
            weights: self.weights.map(|weights| train.spread(&weights)),
            train: Arc::new(train),
            valid: Arc::new(valid),
            ..self
        })
    }

    /// How many training images each class has, where images have classes.
    pub fn class_counts(&self) -> Option<Vec<usize>> {
        let labels = self.labels.as_ref()?;
        Some(counts(labels, self.problem.classes.len()))
    }

    /// The parts with their names.
    fn parts(&self) -> [(&'static str, &Arc<dyn Source>); 3] {
        [
            ("train", &self.train),
            ("valid", &self.valid),
            ("test", &self.test),
        ]
    }
}

/// Finds an embedded set by name, or a folder or an index by path, as the settings say. Training
/// images are looked at once, for what they have in common; embedded sets have their own size.
///
/// # Errors
/// If there is no such data, or something in it cannot be read.
pub fn load(settings: &Data, seed: u64) -> Result<DataSet> {
    settings.check()?;
    if let Some(embedded) = Embedded::named(&settings.path) {
        return (embedded.load)(settings, seed);
    }
    let collection = Form::of(&settings.path, &EMBEDDED)?.collect(&Wanted {
        settings,
        learned: None,
        listing: false,
    })?;
    assemble(collection, settings, seed)
}

/// Finds a data set for a problem that was learned before: its classes, size and scale are the
/// problem's.
///
/// # Errors
/// If there is no such data, or its answers are not what was learned.
pub fn load_for(settings: &Data, problem: &Problem, seed: u64) -> Result<DataSet> {
    settings.check()?;
    problem.preprocessing.check()?;
    let data = settings.path.as_str();
    if !EMBEDDED.contains(&data) {
        let collection = Form::of(data, &EMBEDDED)?.collect(&Wanted {
            settings,
            learned: Some(problem),
            listing: false,
        })?;
        return assemble_for(collection, problem, settings, seed);
    }
    let found = load(settings, seed)?;
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
/// If there is no such data.
pub fn task_of(data: &str) -> Result<Task> {
    match Embedded::named(data) {
        Some(embedded) => Ok(embedded.task),
        None => Form::of(data, &EMBEDDED)?.task(),
    }
}

/// The names of the classes of a data set, and what the values of its masks stand for, for which masks
/// are looked at.
///
/// # Errors
/// If there is no such data, or a mask cannot be read.
pub(crate) fn classes_of(settings: &Data) -> Result<(Vec<String>, Option<MaskValues>)> {
    let path = settings.path.as_str();
    if EMBEDDED.contains(&path) {
        let Problem {
            classes,
            mask_values,
            ..
        } = load(settings, 1)?.problem;
        return Ok((classes, mask_values));
    }
    let collection = Form::of(path, &EMBEDDED)?.collect(&Wanted {
        settings,
        learned: None,
        listing: false,
    })?;
    Ok((collection.classes, collection.mask_values))
}

/// Height and width that suit a data set's images: the middle ones of the heights and widths of its
/// training images, of which only the headers are read; the longer at most 256; with answers that
/// lie over them, in steps of 16. Embedded sets: their own.
///
/// # Errors
/// If there is no such data, or no image can be read.
pub fn suggested_size(data: &str) -> Result<[usize; 2]> {
    if let Some(embedded) = Embedded::named(data) {
        return Ok(embedded.size);
    }
    let form = Form::of(data, &EMBEDDED)?;
    if let Some(size) = form.size()? {
        return Ok(assemble::suggested(size, form.task()?));
    }
    let settings = Data::of(data);
    let collection: Collection = form.collect(&Wanted {
        settings: &settings,
        learned: None,
        listing: true,
    })?;
    assemble::suggested_size(&collection)
}

#[cfg(test)]
mod tests;
