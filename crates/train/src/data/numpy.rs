//! Images as arrays of NumPy: `--data FILE.npz`, or a folder with `.npy` or `.npz` files.
//!
//! Arrays are told by their names, those in an archive by its name too: one with `image` or `x` in
//! it holds images, `[n, height, width]`, `[n, height, width, channels]` or `[n, channels, height,
//! width]`; one with `label` or `y` their classes, `[n]` or `[n, 1]`; one with `mask` their masks,
//! `[n, height, width]`. `train`, `val`, `valid` or `test` in a name is the part.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use models::Task;

use super::arrays::{ArrayAnswers, Arrays};
use super::collection::{Collection, Known, Part, Wanted};
use super::files::stem_of;
use super::joined::Joined;
use super::listing::entries_of;
use super::npy::{Array, Numbers};
use super::picture::Values;
use super::source::Source;
use super::unpacked::{MOST, at_most, reader};
use super::zipped::members;

/// What an array holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    Images,
    Labels,
    Masks,
}

/// What an array's name says of it.
fn named(name: &str) -> Option<(Option<Part>, Holds)> {
    let words: Vec<String> = name
        .split(|letter: char| !letter.is_alphanumeric())
        .map(str::to_lowercase)
        .collect();
    let is = |all: &[&str]| words.iter().any(|word| all.contains(&word.as_str()));
    let holds = match () {
        () if is(&["mask", "masks"]) => Holds::Masks,
        () if is(&["label", "labels", "y"]) => Holds::Labels,
        () if is(&["image", "images", "x"]) => Holds::Images,
        () => return None,
    };
    Some((words.iter().find_map(|word| Part::named(word)), holds))
}

/// The arrays of a part of the data.
#[derive(Default)]
struct Found {
    images: Option<Array>,
    answers: Option<(Holds, Array)>,
}

/// The files of a folder.
pub(super) fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = entries_of(folder)?;
    files.retain(|path| {
        let ending = path.extension().unwrap_or_default();
        ending == "npy" || ending == "npz"
    });
    Ok(files)
}

/// Calls with the name of each array whose name tells something, and with what reads it.
fn each(path: &Path, mut call: impl FnMut(&str, &mut dyn Read) -> Result<()>) -> Result<()> {
    let files = match path.is_dir() {
        true => files_in(path)?,
        false => vec![path.to_path_buf()],
    };
    let mut call = |name: &str, file: &mut dyn Read| match named(name) {
        Some(_) => call(name, file).with_context(|| format!("array '{name}'")),
        None => Ok(()),
    };
    for path in files {
        let mut read = || -> Result<()> {
            if path.extension().is_some_and(|ending| ending == "npy") {
                return call(&stem_of(&path), &mut reader(&path)?);
            }
            let bytes = at_most(reader(&path)?, MOST)?;
            for member in members(&bytes)? {
                let name = member.name.trim_end_matches(".npy");
                call(&format!("{} {name}", stem_of(&path)), &mut member.reader())?;
            }
            Ok(())
        };
        read().with_context(|| format!("'{}' cannot be read", path.display()))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<BTreeMap<Option<Part>, Found>> {
    let mut found: BTreeMap<Option<Part>, Found> = BTreeMap::new();
    each(path, |name, file| {
        let Some((part, holds)) = named(name) else {
            return Ok(());
        };
        let array = Array::read(file)?;
        let found = found.entry(part).or_default();
        let taken = match holds {
            Holds::Images => found.images.replace(array).is_some(),
            _ => found.answers.replace((holds, array)).is_some(),
        };
        ensure!(!taken, "there is another one for the same");
        Ok(())
    })?;
    Ok(found)
}

/// What the arrays are for, by their names.
pub(super) fn task_of(path: &Path) -> Result<Task> {
    let mut task = None;
    each(path, |name, _| {
        match named(name) {
            Some((_, Holds::Masks)) => task = Some(Task::Segmentation),
            Some((_, Holds::Labels)) => task = Some(Task::Classification),
            _ => {}
        }
        Ok(())
    })?;
    task.with_context(|| {
        format!(
            "'{}' has no array of labels or masks by its name",
            path.display()
        )
    })
}

/// Height and width of the images, without reading them.
pub(super) fn size_of(path: &Path) -> Result<[usize; 2]> {
    let mut size = None;
    each(path, |name, file| {
        if let (Some((_, Holds::Images)), None) = (named(name), size) {
            size = Some(layout(&Array::shape_of(file)?)?.size);
        }
        Ok(())
    })?;
    size.with_context(|| format!("'{}' has no array of images by its name", path.display()))
}

/// The most channels of images.
const MOST_CHANNELS: usize = 16;

/// How the numbers of images lie.
struct Layout {
    count: usize,
    size: [usize; 2],
    channels: usize,
    planar: bool,
}

fn layout(shape: &[usize]) -> Result<Layout> {
    let colours = |channels: usize| channels == 1 || channels == 3;
    let few = |channels: usize| (1..=MOST_CHANNELS).contains(&channels);
    let side_by_side =
        |[count, height, width, channels]: [usize; 4]| (count, [height, width], channels, false);
    let planes =
        |[count, channels, height, width]: [usize; 4]| (count, [height, width], channels, true);
    let (count, size, channels, planar) = match *shape {
        [count, height, width] => (count, [height, width], 1, false),
        [a, b, c, d] if colours(d) => side_by_side([a, b, c, d]),
        [a, b, c, d] if colours(b) => planes([a, b, c, d]),
        [a, b, c, d] if few(d) => side_by_side([a, b, c, d]),
        [a, b, c, d] if few(b) => planes([a, b, c, d]),
        _ => bail!(
            "the images' shape is {shape:?}; must be [n, height, width], or with up to \
             {MOST_CHANNELS} channels last or second"
        ),
    };
    ensure!(
        size[0] > 0 && size[1] > 0,
        "the images are {}x{}; must be at least 1x1",
        size[0],
        size[1]
    );
    Ok(Layout {
        count,
        size,
        channels,
        planar,
    })
}

/// The images with no answers yet.
fn images(array: Array, prefix: String) -> Result<(usize, Arrays)> {
    let Layout {
        count,
        size,
        channels,
        planar,
    } = layout(&array.shape)?;
    let values = match array.numbers {
        Numbers::U8(values) => Values::U8(values),
        Numbers::U16(values) => Values::U16(values),
        Numbers::F32(values) => {
            ensure!(
                values.iter().all(|value| value.is_finite()),
                "the images have values that are no numbers"
            );
            Values::F32(values)
        }
        Numbers::Whole(_) => {
            bail!("the images' numbers must be of u1 or u2, 0 to the highest, or f4 or f8, 0 to 1")
        }
    };
    let answers = ArrayAnswers::Classes(Vec::new());
    let arrays = Arrays {
        prefix,
        size,
        channels,
        planar,
        values,
        answers,
    };
    Ok((count, arrays))
}

/// Reads the arrays.
pub(super) fn collect(path: &Path, wanted: &Wanted) -> Result<Collection> {
    let origin = format!("'{}'", path.display());
    let found = read(path)?;
    assembled(&origin, found, wanted).with_context(|| format!("{origin} cannot be used"))
}

fn assembled(
    origin: &str,
    found: BTreeMap<Option<Part>, Found>,
    wanted: &Wanted,
) -> Result<Collection> {
    ensure!(
        !found.is_empty(),
        "it has no arrays whose names tell images and labels or masks"
    );
    let mut known = Vec::new();
    let mut parts = Vec::new();
    let mut masks = wanted.reading();
    // Of labels, the highest; of masks, which values there are.
    let mut seen = vec![false; 1 << 16];
    let mut kinds = Vec::new();
    for (part, found) in found {
        let name = part.map_or("", Part::name);
        let of = |what: &str| format!("the {what} {name}").trim_end().to_string();
        let array = found
            .images
            .with_context(|| of("array of images is missing for"))?;
        let (holds, answers) = found
            .answers
            .with_context(|| of("array of labels or masks is missing for"))?;
        let prefix = if name.is_empty() {
            String::new()
        } else {
            format!("{name}-")
        };
        let (count, arrays) = images(array, prefix)?;
        let shape: &[usize] = &answers.shape;
        let fits = match holds {
            Holds::Masks => shape == [count, arrays.size[0], arrays.size[1]],
            _ => shape == [count] || shape == [count, 1],
        };
        ensure!(
            fits,
            "{count} images of {}x{} have answers of the shape {shape:?}",
            arrays.size[0],
            arrays.size[1]
        );
        let values = answers.whole().with_context(|| of("answers"))?;
        if !matches!(part, Some(Part::Valid | Part::Test)) {
            values
                .iter()
                .for_each(|&value| seen[usize::from(value)] = true);
        }
        known.extend((0..count).map(|index| Known {
            part,
            class: (holds == Holds::Labels).then(|| usize::from(values[index])),
            ..Known::default()
        }));
        kinds.push(holds);
        parts.push((arrays, values));
    }
    let holds = kinds[0];
    ensure!(
        kinds.iter().all(|own| *own == holds),
        "one part has labels, another masks"
    );
    let (task, classes) = match holds {
        Holds::Masks => {
            let values = (0..=u16::MAX).filter(|&value| seen[usize::from(value)]);
            match wanted.learned {
                Some(learned) => (Task::Segmentation, learned.classes.clone()),
                None => {
                    masks = masks.with_values(&values.collect::<Vec<_>>())?;
                    (Task::Segmentation, masks.names())
                }
            }
        }
        _ => {
            let last = seen.iter().rposition(|seen| *seen).unwrap_or(0);
            let names = || (0..=last).map(|class| class.to_string()).collect();
            (Task::Classification, wanted.classes(names))
        }
    };
    if task == Task::Classification
        && let Some(class) = known.iter().filter_map(|known| known.class).max()
    {
        ensure!(
            class < classes.len(),
            "there is a label {class}; must be below {}, the number of classes",
            classes.len()
        );
    }
    wanted.check_task(task, origin)?;
    let sources = parts.into_iter().map(|(arrays, values)| {
        let answers = match holds {
            Holds::Masks => ArrayAnswers::Masks(values, masks.clone()),
            _ => ArrayAnswers::Classes(values.into_iter().map(usize::from).collect()),
        };
        Arc::new(Arrays { answers, ..arrays }) as Arc<dyn Source>
    });
    Ok(Collection {
        origin: origin.to_string(),
        source: Arc::new(Joined::new(sources.collect())),
        known,
        task,
        classes,
        mask_values: (holds == Holds::Masks).then(|| masks.values.clone()),
        mirrors: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::settings::Data;

    fn array(shape: &[usize], numbers: Numbers) -> Array {
        Array {
            shape: shape.to_vec(),
            numbers,
        }
    }

    fn collected(images: Array, answers: (Holds, Array)) -> Result<Collection> {
        let found = Found {
            images: Some(images),
            answers: Some(answers),
        };
        let settings = Data::of("a.npz");
        let wanted = Wanted {
            settings: &settings,
            learned: None,
            listing: false,
        };
        assembled("'a.npz'", BTreeMap::from([(None, found)]), &wanted)
    }

    #[test]
    fn names_tell_what_arrays_hold() {
        for (name, expected) in [
            ("images", Some((None, Holds::Images))),
            ("train_images", Some((Some(Part::Train), Holds::Images))),
            (
                "pneumonia val_labels",
                Some((Some(Part::Valid), Holds::Labels)),
            ),
            ("x_test", Some((Some(Part::Test), Holds::Images))),
            ("test masks", Some((Some(Part::Test), Holds::Masks))),
            ("weights", None),
        ] {
            assert_eq!(named(name), expected, "{name}");
        }
    }

    #[test]
    fn labels_are_classes() {
        let images = array(&[3, 2, 1, 3], Numbers::U8((0..18).collect()));
        let labels = array(&[3, 1], Numbers::Whole(vec![2, 0, 1]));
        let found = collected(images, (Holds::Labels, labels)).expect("arrays");
        assert_eq!(found.classes, ["0", "1", "2"]);
        assert_eq!(found.labels(&[0, 1, 2]), Some(vec![2, 0, 1]));
        let item = found.source.get(1).expect("in memory");
        assert_eq!(*item.picture.values(), Values::U8((6..12).collect()));
    }

    #[test]
    fn masks_lie_over_their_images() {
        let images = array(&[2, 1, 2], Numbers::F32(vec![0.0, 0.25, 0.5, 1.0]));
        let masks = array(&[2, 1, 2], Numbers::U8(vec![0, 255, 255, 0]));
        let found = collected(images, (Holds::Masks, masks)).expect("arrays");
        assert_eq!(found.classes, ["background", "foreground"]);
        let super::super::source::Target::Mask(mask) = found.source.get(1).expect("there").target
        else {
            panic!("a mask");
        };
        assert_eq!(mask.classes(), [1, 0]);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let images = || array(&[2, 1, 2], Numbers::U8(vec![0; 4]));
        let error = |holds, answers| {
            let error = collected(images(), (holds, answers)).map(|_| ());
            format!("{:#}", error.expect_err("wrong"))
        };
        assert_eq!(
            error(Holds::Labels, array(&[3], Numbers::U8(vec![0; 3]))),
            "2 images of 1x2 have answers of the shape [3]"
        );
        assert_eq!(
            error(Holds::Labels, array(&[2], Numbers::Whole(vec![0, -1]))),
            "the answers: it has the value -1; must be 0 to 65535"
        );
    }
}
