//! Image files with their answers, read one by one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::layout::{folders, images, masks_of, name_of, stem_of};
use crate::data::image_file::{bytes_of, read_picture};
use crate::data::mask::{Mask, MaskValues};
use crate::data::mask_file::read_mask;
use crate::data::picture::Picture;
use crate::data::source::{Item, Source, Target};

/// What is to be said of a folder's images.
#[derive(Clone, Copy)]
pub(super) enum Answers<'a> {
    /// The name of the folder that they are in, one of these.
    Classes(&'a [String]),
    /// What the values of their masks stand for.
    Masks(&'a MaskValues),
}

/// The images of a split.
pub(super) enum Files {
    /// Each with its class.
    Classes(Vec<(PathBuf, usize)>),
    /// Each with its mask.
    Masks {
        files: Vec<(PathBuf, PathBuf)>,
        values: MaskValues,
    },
}

impl Files {
    /// Lists a split.
    ///
    /// # Errors
    /// If it has a class that is none of the answers, or an image without a mask.
    pub fn list(split: &Path, answers: Answers) -> Result<Self> {
        Ok(match answers {
            Answers::Classes(classes) => Self::Classes(with_classes(split, classes)?),
            Answers::Masks(values) => Self::Masks {
                files: with_masks(split)?,
                values: values.clone(),
            },
        })
    }

    /// The path of an image.
    pub fn path(&self, index: usize) -> &Path {
        match self {
            Self::Classes(files) => &files[index].0,
            Self::Masks { files, .. } => &files[index].0,
        }
    }

    /// Reads an image without its answer.
    pub fn picture(&self, index: usize) -> Result<Picture> {
        read_picture(self.path(index))
    }
}

impl Source for Files {
    fn len(&self) -> usize {
        match self {
            Self::Classes(files) => files.len(),
            Self::Masks { files, .. } => files.len(),
        }
    }

    fn name(&self, index: usize) -> String {
        let path = self.path(index);
        match self {
            Self::Classes(_) => {
                let class = path.parent().map(name_of).unwrap_or_default();
                format!("{class}_{}", stem_of(path))
            }
            Self::Masks { .. } => stem_of(path),
        }
    }

    fn bytes(&self, index: usize) -> Result<u64> {
        bytes_of(self.path(index))
    }

    fn get(&self, index: usize) -> Result<Item> {
        let picture = self.picture(index)?;
        let target = match self {
            Self::Classes(files) => Target::Class(files[index].1),
            Self::Masks { files, values } => {
                let (image, mask) = &files[index];
                Target::Mask(mask_over(mask, values, image, picture.size())?)
            }
        };
        Ok(Item {
            name: self.name(index),
            picture,
            target,
        })
    }
}

/// Reads the mask of an image of this size.
fn mask_over(path: &Path, values: &MaskValues, image: &Path, size: [usize; 2]) -> Result<Mask> {
    let raw = read_mask(path)?;
    ensure!(
        raw.size == size,
        "the mask '{}' is {}x{}, its image '{}' is {}x{}: both must have one height and width",
        path.display(),
        raw.size[0],
        raw.size[1],
        image.display(),
        size[0],
        size[1]
    );
    let mask = values.mask(raw.size, &raw.values);
    mask.with_context(|| format!("in '{}'", path.display()))
}

fn with_classes(split: &Path, classes: &[String]) -> Result<Vec<(PathBuf, usize)>> {
    let folders = folders(split)?;
    for folder in &folders {
        ensure!(
            classes.contains(&name_of(folder)),
            "'{}' is no class of the training images; there are: {}",
            folder.display(),
            classes.join(", ")
        );
    }
    let mut files = Vec::new();
    for (class, name) in classes.iter().enumerate() {
        let folder = split.join(name);
        if folders.contains(&folder) {
            files.extend(images(&folder)?.into_iter().map(|path| (path, class)));
        }
    }
    Ok(files)
}

fn with_masks(split: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let masks = masks_of(split)?.into_iter();
    let mut masks: HashMap<_, _> = masks.map(|path| (stem_of(&path), path)).collect();
    let with_mask = |path: PathBuf| {
        let mask = masks.remove(&stem_of(&path));
        let mask =
            mask.with_context(|| format!("the image '{}' has no mask of its own", path.display()))?;
        Ok((path, mask))
    };
    let images = images(&split.join("images"))?;
    images.into_iter().map(with_mask).collect()
}
