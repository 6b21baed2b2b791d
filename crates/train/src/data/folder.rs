//! A folder of one's own images.
//!
//! Classification: `SPLIT/CLASS/NAME.png`. Segmentation: `SPLIT/images/NAME.png` with
//! `SPLIT/masks/NAME.png`. `SPLIT` is `train`, and `valid` and `test` where they are there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use models::{ImageSpec, Task};

use super::image_file::{channels, mask_classes, read_image, resize};
use super::split::hold_out;
use super::{Augmentation, DataSet, HELD_OUT, Normalization, Problem, Sample, Samples};

const ENDINGS: [&str; 6] = ["png", "jpg", "jpeg", "bmp", "tif", "tiff"];

/// What the folder's layout says it is for.
pub(super) fn task_of(folder: &Path) -> Result<Task> {
    let train = folder.join("train");
    ensure!(
        train.is_dir(),
        "the folder '{}' has no folder 'train' in it; it needs train/CLASS/IMAGE.png, or \
         train/images/IMAGE.png with train/masks/IMAGE.png",
        folder.display()
    );
    match train.join("images").is_dir() && train.join("masks").is_dir() {
        true => Ok(Task::Segmentation),
        false => Ok(Task::Classification),
    }
}

/// Reads the folder, images resized to `size` x `size`.
pub(super) fn load(folder: &Path, size: usize, seed: u64) -> Result<DataSet> {
    let task = task_of(folder)?;
    let train = folder.join("train");
    let (classes, first) = match task {
        Task::Classification => classification_layout(&train)?,
        Task::Segmentation => segmentation_layout(&train)?,
    };
    let image = ImageSpec {
        channels: channels(&read_image(&first)?),
        height: size,
        width: size,
    };
    let read = |split: &Path| match task {
        Task::Classification => read_classes(split, &classes, image),
        Task::Segmentation => read_masks(split, classes.len(), image),
    };
    let mut train_samples = read(&train)?;
    let mut split = |name: &str, seed| {
        let path = folder.join(name);
        if path.is_dir() {
            return read(&path);
        }
        let (rest, part) = hold_out(std::mem::take(&mut train_samples), HELD_OUT, seed);
        train_samples = rest;
        Ok(part)
    };
    let test = split("test", seed)?;
    let valid = split("valid", seed + 1)?;
    for (samples, name) in [
        (&train_samples, "train"),
        (&valid, "valid"),
        (&test, "test"),
    ] {
        ensure!(
            !samples.is_empty(),
            "the folder '{}' has too few images: none is left for '{name}'",
            folder.display()
        );
    }
    Ok(DataSet {
        problem: Problem {
            task,
            image,
            classes,
            normalization: Normalization::of_data_set(&train_samples, image.channels),
        },
        train: Samples::new(train_samples),
        valid: Samples::new(valid),
        test: Samples::new(test),
        augmentation: Augmentation {
            crop: None,
            shift: size / 16,
            flip_horizontal: true,
            flip_vertical: false,
            transpose: false,
        },
    })
}

/// The classes of a folder of classes, and one of its images.
fn classification_layout(train: &Path) -> Result<(Vec<String>, PathBuf)> {
    let classes: Vec<_> = entries(train)?
        .into_iter()
        .filter(|path| path.is_dir())
        .map(|path| name_of(&path))
        .collect();
    ensure!(
        classes.len() >= 2,
        "'{}' has {} folders of images; it needs one for each of two or more classes",
        train.display(),
        classes.len()
    );
    let first = images(&train.join(&classes[0]))?.remove(0);
    Ok((classes, first))
}

/// The classes of a folder of masks, and one of its images. Masks of up to two values tell the
/// background from one class; more values are a class each.
fn segmentation_layout(train: &Path) -> Result<(Vec<String>, PathBuf)> {
    let mut values = BTreeSet::new();
    for mask in images(&train.join("masks"))? {
        values.extend(read_image(&mask)?.to_luma8().into_raw());
    }
    let classes = match values.len() {
        0..=2 => vec!["background".to_string(), "foreground".to_string()],
        _ => {
            let last = values.last().copied().unwrap_or_default();
            (0..=last).map(|class| class.to_string()).collect()
        }
    };
    let first = images(&train.join("images"))?.remove(0);
    Ok((classes, first))
}

fn read_classes(split: &Path, classes: &[String], image: ImageSpec) -> Result<Vec<Sample>> {
    for path in entries(split)?.iter().filter(|path| path.is_dir()) {
        ensure!(
            classes.contains(&name_of(path)),
            "'{}' is no class of the training images; there are: {}",
            path.display(),
            classes.join(", ")
        );
    }
    let mut samples = Vec::new();
    for (class, name) in classes.iter().enumerate() {
        let folder = split.join(name);
        if !folder.is_dir() {
            continue;
        }
        for path in images(&folder)? {
            samples.push(Sample {
                name: format!("{name}_{}", stem_of(&path)),
                pixels: resize(&read_image(&path)?, image),
                target: vec![class as i32],
            });
        }
    }
    Ok(samples)
}

fn read_masks(split: &Path, classes: usize, image: ImageSpec) -> Result<Vec<Sample>> {
    let sample = |path: PathBuf| {
        let name = stem_of(&path);
        let mask_path = mask_of(&split.join("masks"), &name)
            .with_context(|| format!("the image '{}' has no mask", path.display()))?;
        let mask = mask_classes(&read_image(&mask_path)?, image, classes);
        Ok(Sample {
            pixels: resize(&read_image(&path)?, image),
            target: mask.with_context(|| format!("in '{}'", mask_path.display()))?,
            name,
        })
    };
    images(&split.join("images"))?
        .into_iter()
        .map(sample)
        .collect()
}

fn mask_of(folder: &Path, name: &str) -> Option<PathBuf> {
    let paths = ENDINGS
        .iter()
        .map(|ending| folder.join(format!("{name}.{ending}")));
    paths.into_iter().find(|path| path.is_file())
}

/// The images of a folder, in the order of their names.
fn images(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut images = entries(folder)?;
    images.retain(|path| {
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        ENDINGS.contains(&ending.to_lowercase().as_str())
    });
    if images.is_empty() {
        bail!(
            "the folder '{}' has no images; they end in: {}",
            folder.display(),
            ENDINGS.join(", ")
        );
    }
    Ok(images)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("the folder '{}' cannot be read", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn stem_of(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
