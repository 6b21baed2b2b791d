//! Which folders and files there are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use models::Task;

use crate::data::image_file::ENDINGS;

/// The names of a folder with images to choose the best epoch by.
const VALID: [&str; 3] = ["valid", "val", "validation"];

/// The splits of a folder.
pub(super) struct Layout {
    pub folder: PathBuf,
    pub task: Task,
    pub train: PathBuf,
    pub valid: Option<PathBuf>,
    pub test: Option<PathBuf>,
}

impl Layout {
    /// # Errors
    /// If there is no `train`, or there are several folders for one purpose.
    pub fn of(folder: &Path) -> Result<Self> {
        let train = folder.join("train");
        ensure!(
            train.is_dir(),
            "the folder '{}' has no folder 'train' in it; it needs train/CLASS/IMAGE.png, or \
             train/images/IMAGE.png with train/masks/IMAGE.png",
            folder.display()
        );
        let valid = VALID.map(|name| folder.join(name));
        let mut valid = valid.into_iter().filter(|path| path.is_dir());
        let first = valid.next();
        if let (Some(first), Some(second)) = (&first, valid.next()) {
            bail!(
                "there are '{}' and '{}', which mean the same; keep one of them",
                first.display(),
                second.display()
            );
        }
        let test = folder.join("test");
        Ok(Self {
            folder: folder.to_path_buf(),
            task: match train.join("images").is_dir() && train.join("masks").is_dir() {
                true => Task::Segmentation,
                false => Task::Classification,
            },
            train,
            valid: first,
            test: test.is_dir().then_some(test),
        })
    }
}

/// The classes of a folder of classes.
pub(super) fn classes_of(train: &Path) -> Result<Vec<String>> {
    let classes: Vec<_> = folders(train)?.iter().map(|path| name_of(path)).collect();
    ensure!(
        classes.len() >= 2,
        "'{}' has {} folders of images; it needs one for each of two or more classes",
        train.display(),
        classes.len()
    );
    Ok(classes)
}

/// The masks of a folder of images and masks.
pub(super) fn masks_of(split: &Path) -> Result<Vec<PathBuf>> {
    images(&split.join("masks"))
}

/// The folders in a folder, in the order of their names.
pub(super) fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = entries(folder)?;
    folders.retain(|path| path.is_dir());
    Ok(folders)
}

/// The images of a folder, in the order of their names.
pub(super) fn images(folder: &Path) -> Result<Vec<PathBuf>> {
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

/// What is in a folder, without what systems hide there.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("the folder '{}' cannot be read", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.retain(|path| {
        let name = name_of(path);
        !name.starts_with('.') && name != "__MACOSX"
    });
    paths.sort();
    Ok(paths)
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

pub(super) fn stem_of(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
