//! A folder of one's own images.
//!
//! Classification: `SPLIT/CLASS/NAME.png`. Segmentation: `SPLIT/images/NAME.png` with
//! `SPLIT/masks/NAME.png`. `SPLIT` is `train`, and `valid` (or `val`, `validation`) and `test` where
//! they are there. Hidden files and folders are left alone.

mod files;
mod layout;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};
use models::{ImageSpec, Task};

use self::files::{Answers, Files};
use self::layout::{Layout, classes_of, masks_of};
use super::image_file::read_header;
use super::mask::MaskValues;
use super::mask_file::read_mask;
use super::normalization::Normalization;
use super::preprocessing::{Preprocessing, Resizing};
use super::source::{Source, Subset};
use super::split::hold_out;
use super::survey::survey;
use super::transform::{Shift, Transform};
use super::{DataSet, HELD_OUT, Problem};

/// What the folder's layout says it is for.
pub(super) fn task_of(folder: &Path) -> Result<Task> {
    Ok(Layout::of(folder)?.task)
}

/// Lists the folder, and looks once at its training images for what they have in common. Images are
/// brought to `size`, height and width, or to [`suggested_size`].
pub(super) fn load(folder: &Path, size: Option<[usize; 2]>, seed: u64) -> Result<DataSet> {
    let layout = Layout::of(folder)?;
    let (classes, mask_values) = match layout.task {
        Task::Classification => (classes_of(&layout.train)?, None),
        // A folder's layout tells classes or masks, and nothing else.
        _ => {
            let values = values_of(&layout.train)?;
            (values.names(), Some(values))
        }
    };
    let answers = match &mask_values {
        None => Answers::Classes(&classes),
        Some(values) => Answers::Masks(values),
    };
    let files = Files::list(&layout.train, answers)?;
    let channels = channels_of(&files)?;
    let size = match size {
        Some(size) => size,
        None => median_size(&files, layout.task)?,
    };
    let splits = Splits::of(&layout, files, answers, seed)?;
    let mut preprocessing = Preprocessing {
        channels,
        size: Some(size),
        resizing: Resizing::Stretch,
        normalization: Normalization::Image,
    };
    preprocessing.normalization =
        Normalization::measure(splits.train.len(), preprocessing.channels, |index| {
            let picture = splits.files.picture(splits.train[index])?;
            Ok(preprocessing.fit(picture))
        })?;
    let problem = Problem {
        task: layout.task,
        image: ImageSpec {
            channels: preprocessing.channels,
            height: size[0],
            width: size[1],
        },
        classes,
        mask_values,
        preprocessing,
    };
    Ok(splits.into_data_set(problem))
}

/// Lists the folder for a problem that was learned before, without looking at its images.
pub(super) fn load_for(folder: &Path, problem: &Problem, seed: u64) -> Result<DataSet> {
    let layout = Layout::of(folder)?;
    let answers = match (layout.task, &problem.mask_values) {
        (Task::Classification, None) => Answers::Classes(&problem.classes),
        (Task::Segmentation, Some(values)) => Answers::Masks(values),
        (task, _) => bail!(
            "the images in '{}' have {}, not what was learned: {}",
            folder.display(),
            plural(task),
            plural(problem.task)
        ),
    };
    let files = Files::list(&layout.train, answers)?;
    let splits = Splits::of(&layout, files, answers, seed)?;
    Ok(splits.into_data_set(problem.clone()))
}

fn plural(task: Task) -> &'static str {
    match task {
        Task::Classification => "classes",
        _ => "masks",
    }
}

/// Height and width that suit a folder's images: the middle ones of their heights and widths, at
/// most [`LONGEST_SIDE`]; for masks, which networks make by halving and doubling, in steps of 16.
pub(super) fn suggested_size(folder: &Path) -> Result<[usize; 2]> {
    let layout = Layout::of(folder)?;
    let files = match layout.task {
        Task::Classification => {
            Files::list(&layout.train, Answers::Classes(&classes_of(&layout.train)?))?
        }
        _ => Files::list(&layout.train, Answers::Masks(&MaskValues::Binary))?,
    };
    median_size(&files, layout.task)
}

/// The longest side of images that is suggested: larger ones take long to learn.
const LONGEST_SIDE: usize = 256;
/// How many images' sizes are looked at.
const SIZES_LOOKED_AT: usize = 1000;

fn median_size(files: &Files, task: Task) -> Result<[usize; 2]> {
    let count = files.len().min(SIZES_LOOKED_AT);
    let look = |sizes: &mut Vec<[usize; 2]>, index| {
        let path = files.path(index * files.len() / count);
        sizes.push(read_header(path)?.size);
        Ok(())
    };
    let sizes = survey(count, look, |all: &mut Vec<_>, mut part| {
        all.append(&mut part)
    })?;
    let median = |dim: usize| {
        let mut sizes: Vec<_> = sizes.iter().map(|size| size[dim]).collect();
        let middle = sizes.len() / 2;
        *sizes.select_nth_unstable(middle).1
    };
    let size = [median(0), median(1)];
    let shrink = (LONGEST_SIDE as f64 / size[0].max(size[1]) as f64).min(1.0);
    let step = match task {
        Task::Classification => 1.0,
        _ => 16.0,
    };
    let fitted = |side: usize| ((side as f64 * shrink / step).round().max(1.0) * step) as usize;
    Ok(size.map(fitted))
}

/// How many channels the images are best seen with: 1 if all are gray, else 3.
fn channels_of(files: &Files) -> Result<usize> {
    let colours = AtomicBool::new(false);
    let look = |_: &mut (), index| {
        if !colours.load(Ordering::Relaxed) && !read_header(files.path(index))?.gray {
            colours.store(true, Ordering::Relaxed);
        }
        Ok(())
    };
    survey(files.len(), look, |_, _| ())?;
    Ok(if colours.into_inner() { 3 } else { 1 })
}

/// What the values of the training masks stand for.
fn values_of(train: &Path) -> Result<MaskValues> {
    let masks = masks_of(train)?;
    /// Which values there are.
    #[derive(Default)]
    struct Seen(Vec<bool>);
    let look = |seen: &mut Seen, index: usize| {
        let mask = read_mask(&masks[index])?;
        seen.0.resize(1 << 16, false);
        for value in mask.values {
            seen.0[usize::from(value)] = true;
        }
        Ok(())
    };
    let merge = |all: &mut Seen, part: Seen| {
        all.0.resize(1 << 16, false);
        for (all, part) in all.0.iter_mut().zip(part.0) {
            *all |= part;
        }
    };
    let seen = survey(masks.len(), look, merge)?;
    let values = (0..=u16::MAX).zip(seen.0).filter(|(_, seen)| *seen);
    let values: Vec<u16> = values.map(|(value, _)| value).collect();
    MaskValues::of(&values)
}

/// The images of a folder, shared out.
struct Splits {
    /// The images in `train`.
    files: Arc<Files>,
    /// Those of them to learn from.
    train: Vec<usize>,
    valid: Arc<dyn Source>,
    test: Arc<dyn Source>,
}

impl Splits {
    /// Lists the other splits; one that is not there is held out from `files`, those of `train`.
    fn of(layout: &Layout, files: Files, answers: Answers, seed: u64) -> Result<Self> {
        let files = Arc::new(files);
        let mut train: Vec<_> = (0..files.len()).collect();
        let mut split = |folder: Option<&Path>, seed| -> Result<Arc<dyn Source>> {
            if let Some(folder) = folder {
                return Ok(Arc::new(Files::list(folder, answers)?));
            }
            let (rest, part) = hold_out(std::mem::take(&mut train), HELD_OUT, seed);
            train = rest;
            Ok(Arc::new(Subset::new(files.clone(), part)))
        };
        let test = split(layout.test.as_deref(), seed)?;
        let valid = split(layout.valid.as_deref(), seed + 1)?;
        let counts = [
            (train.len(), "train"),
            (valid.len(), "valid"),
            (test.len(), "test"),
        ];
        for (count, name) in counts {
            if count == 0 {
                bail!(
                    "the folder '{}' has too few images: none is left for '{name}'",
                    layout.folder.display()
                );
            }
        }
        Ok(Self {
            files,
            train,
            valid,
            test,
        })
    }

    fn into_data_set(self, problem: Problem) -> DataSet {
        let smaller_side = problem.image.height.min(problem.image.width);
        DataSet {
            train: Arc::new(Subset::new(self.files, self.train)),
            valid: self.valid,
            test: self.test,
            transforms: vec![
                Transform::Shift(Shift {
                    pixels: smaller_side / 16,
                }),
                Transform::FlipHorizontal,
            ],
            problem,
        }
    }
}

#[cfg(test)]
mod tests;
