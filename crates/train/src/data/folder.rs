//! A folder of one's own images.
//!
//! Classification: `SPLIT/CLASS/NAME.png`. Segmentation: `SPLIT/images/NAME.png` with
//! `SPLIT/masks/NAME.png`, or with `SPLIT/instances/NAME.png` that numbers objects. `SPLIT` is
//! `train`, and `valid` (or `val`, `validation`) and `test` where they are there. Hidden files and
//! folders are left alone.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use models::Task;

use super::collection::{Collection, Known, Part, Wanted};
use super::files::{Answer, Entry, stem_of};
use super::index::finish;
use super::listing::{folders, images, name_of};

/// The names of a folder with images to choose the best epoch by.
const VALID: [&str; 3] = ["valid", "val", "validation"];

/// The folder of masks whose values are classes, and that of those whose values number objects.
const MASKS: &str = "masks";
const INSTANCES: &str = "instances";

/// The splits of a folder.
struct Layout {
    task: Task,
    /// The name of the folders of masks.
    masks: &'static str,
    splits: Vec<(Part, PathBuf)>,
}

impl Layout {
    /// # Errors
    /// If there is no `train`, or there are several folders for one purpose.
    fn of(folder: &Path) -> Result<Self> {
        let train = folder.join("train");
        ensure!(
            train.is_dir(),
            "the folder '{}' has no folder 'train' in it; it needs train/CLASS/IMAGE.png, or \
             train/images/IMAGE.png with train/masks/IMAGE.png",
            folder.display()
        );
        let there = |name: &str| train.join("images").is_dir() && train.join(name).is_dir();
        ensure!(
            !(there(MASKS) && there(INSTANCES)),
            "'{}' has both '{MASKS}' and '{INSTANCES}'; keep the one to be learned, and give the \
             other another place",
            train.display()
        );
        let (task, masks) = match (there(MASKS), there(INSTANCES)) {
            (true, _) => (Task::Segmentation, MASKS),
            (_, true) => (Task::Segmentation, INSTANCES),
            _ => (Task::Classification, MASKS),
        };
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
        let mut splits = vec![(Part::Train, train)];
        splits.extend(first.map(|valid| (Part::Valid, valid)));
        let test = folder.join("test");
        if test.is_dir() {
            splits.push((Part::Test, test));
        }
        Ok(Self {
            task,
            masks,
            splits,
        })
    }
}

/// What the folder's layout says it is for.
pub(super) fn task_of(folder: &Path) -> Result<Task> {
    Ok(Layout::of(folder)?.task)
}

/// Lists the folder's images with their answers.
pub(super) fn collect(folder: &Path, wanted: &Wanted) -> Result<Collection> {
    let Layout {
        task,
        masks,
        splits,
    } = Layout::of(folder)?;
    let origin = format!("the folder '{}'", folder.display());
    wanted.check_task(task, &origin)?;
    let (mut entries, mut known) = (Vec::new(), Vec::new());
    let classes = match (wanted.learned, task) {
        (Some(learned), _) => learned.classes.clone(),
        (None, Task::Classification) => classes_of(&splits[0].1)?,
        // Those of masks are not known before masks are read.
        _ => Vec::new(),
    };
    for (part, split) in &splits {
        let listed = match task {
            Task::Classification => with_classes(split, &classes)?,
            _ => with_masks(split, masks)?,
        };
        for entry in listed {
            known.push(Known {
                part: Some(*part),
                class: match entry.answer {
                    Answer::Class(class) => Some(class),
                    _ => None,
                },
                ..Known::default()
            });
            entries.push(entry);
        }
    }
    finish(origin, task, classes, entries, known, wanted, None)
}

/// The classes of a folder of classes.
fn classes_of(train: &Path) -> Result<Vec<String>> {
    let classes: Vec<_> = folders(train)?.iter().map(|path| name_of(path)).collect();
    ensure!(
        classes.len() >= 2,
        "'{}' has {} folders of images; it needs one for each of two or more classes",
        train.display(),
        classes.len()
    );
    Ok(classes)
}

fn with_classes(split: &Path, classes: &[String]) -> Result<Vec<Entry>> {
    let folders = folders(split)?;
    for folder in &folders {
        ensure!(
            classes.contains(&name_of(folder)),
            "'{}' is no class of the training images; there are: {}",
            folder.display(),
            classes.join(", ")
        );
    }
    let mut entries = Vec::new();
    for (class, name) in classes.iter().enumerate() {
        let folder = split.join(name);
        if folders.contains(&folder) {
            entries.extend(images(&folder)?.into_iter().map(|image| Entry {
                name: format!("{name}_{}", stem_of(&image)),
                image,
                page: 0,
                answer: Answer::Class(class),
            }));
        }
    }
    Ok(entries)
}

fn with_masks(split: &Path, folder: &str) -> Result<Vec<Entry>> {
    let masks = images(&split.join(folder))?.into_iter();
    let mut masks: HashMap<_, _> = masks.map(|path| (stem_of(&path), path)).collect();
    let with_mask = |image: PathBuf| {
        let name = stem_of(&image);
        let mask = masks
            .remove(&name)
            .with_context(|| format!("the image '{}' has no mask of its own", image.display()))?;
        Ok(Entry {
            name,
            image,
            page: 0,
            answer: match folder {
                INSTANCES => Answer::Objects(mask),
                _ => Answer::Mask(mask),
            },
        })
    };
    let images = images(&split.join("images"))?;
    images.into_iter().map(with_mask).collect()
}

#[cfg(test)]
mod tests;
