//! The files of MNIST and its kin: `*-images-idx3-ubyte` with `*-labels-idx1-ubyte`, packed by gzip
//! or not. Those that begin with `train` are learned from, those with `t10k` or `test` are the test.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use models::Task;

use super::arrays::{ArrayAnswers, Arrays};
use super::collection::{Collection, Part, Wanted};
use super::joined::Joined;
use super::listing::{entries_of, name_of};
use super::picture::Values;
use super::source::Source;
use super::unpacked::{MOST, at_most, reader};

/// The first bytes of a file of images and of one of labels.
const IMAGES_MAGIC: u32 = 0x0803;
const LABELS_MAGIC: u32 = 0x0801;

/// Gray images with their classes.
///
/// # Errors
/// If they are not what IDX says, or there is not a label for each image.
pub(super) fn parse(images: impl Read, labels: impl Read, prefix: &str) -> Result<Arrays> {
    let ([count, height, width], pixels) = array::<3>(images, IMAGES_MAGIC)?;
    let ([labelled], labels) = array::<1>(labels, LABELS_MAGIC)?;
    ensure!(count == labelled, "{count} images have {labelled} labels");
    ensure!(
        height > 0 && width > 0,
        "the images are {height}x{width}; must be at least 1x1"
    );
    Ok(Arrays {
        prefix: prefix.to_string(),
        size: [height, width],
        channels: 1,
        planar: false,
        values: Values::U8(pixels),
        answers: ArrayAnswers::Classes(labels.into_iter().map(usize::from).collect()),
    })
}

/// The sizes in the header of a file of `D` dimensions.
fn sizes<const D: usize>(mut file: impl Read, magic: u32) -> Result<[usize; D]> {
    let mut word = || -> Result<u32> {
        let mut bytes = [0; 4];
        file.read_exact(&mut bytes)
            .context("the IDX file ends in its header")?;
        Ok(u32::from_be_bytes(bytes))
    };
    let found = word()?;
    ensure!(
        found == magic,
        "the IDX file begins with {found:#x}, not {magic:#x}"
    );
    let mut sizes = [0; D];
    for size in &mut sizes {
        *size = word()? as usize;
    }
    Ok(sizes)
}

/// The sizes and values of a file of `D` dimensions.
fn array<const D: usize>(mut file: impl Read, magic: u32) -> Result<([usize; D], Vec<u8>)> {
    let sizes = sizes::<D>(&mut file, magic)?;
    let count = sizes.iter().try_fold(1u64, |count, &size| {
        count
            .checked_mul(size as u64)
            .filter(|&count| count <= MOST)
    });
    let count = count.with_context(|| format!("the IDX file's sizes {sizes:?} are too many"))?;
    let body = at_most(file, count)
        .with_context(|| format!("the IDX file has more values than its header says, {sizes:?}"))?;
    ensure!(
        body.len() as u64 == count,
        "the IDX file has {} values where its header says {sizes:?}",
        body.len()
    );
    Ok((sizes, body))
}

/// The files of images in a folder, with those of labels and their part.
pub(super) fn pairs(folder: &Path) -> Result<Vec<(Part, PathBuf, PathBuf)>> {
    let entries = entries_of(folder)?;
    let mut pairs = Vec::new();
    for images in &entries {
        let name = name_of(images);
        let Some((start, _)) = name.split_once("images") else {
            continue;
        };
        if !name.contains("idx3") {
            continue;
        }
        let part = match start {
            _ if start.starts_with("train") => Part::Train,
            _ if start.starts_with("t10k") || start.starts_with("test") => Part::Test,
            _ if start.starts_with("val") => Part::Valid,
            _ => continue,
        };
        let wanted = format!("{start}labels");
        let labels = entries
            .iter()
            .find(|path| name_of(path).starts_with(&wanted));
        let labels = labels.with_context(|| format!("'{}' has no labels", images.display()))?;
        pairs.push((part, images.clone(), labels.clone()));
    }
    Ok(pairs)
}

/// Height and width of a folder's images.
pub(super) fn size_of(folder: &Path) -> Result<[usize; 2]> {
    let pairs = pairs(folder)?;
    let (_, images, _) = pairs.first().context("there are no IDX files")?;
    let header = sizes::<3>(reader(images)?, IMAGES_MAGIC);
    let [_, height, width] =
        header.with_context(|| format!("'{}' cannot be read", images.display()))?;
    Ok([height, width])
}

/// Reads a folder's files.
pub(super) fn collect(folder: &Path, wanted: &Wanted) -> Result<Collection> {
    let origin = format!("the folder '{}'", folder.display());
    wanted.check_task(Task::Classification, &origin)?;
    let (mut sources, mut known) = (Vec::<Arc<dyn Source>>::new(), Vec::new());
    for (part, images, labels) in pairs(folder)? {
        let prefix = format!("{}-", part.name());
        let parsed = parse(reader(&images)?, reader(&labels)?, &prefix);
        let arrays = parsed.with_context(|| {
            format!(
                "'{}' with '{}' cannot be read",
                images.display(),
                labels.display()
            )
        })?;
        known.extend(arrays.known(part));
        sources.push(Arc::new(arrays));
    }
    let most = known
        .iter()
        .filter_map(|known| known.class)
        .max()
        .unwrap_or(0);
    Ok(Collection {
        classes: wanted.classes(|| (0..=most).map(|class| class.to_string()).collect()),
        origin,
        source: Arc::new(Joined::new(sources)),
        known,
        task: Task::Classification,
        mask_values: None,
        mirrors: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::mutations;

    fn files() -> (Vec<u8>, Vec<u8>) {
        let images = [
            &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3][..],
            &[1, 2, 3, 4, 5, 6],
        ];
        let labels = [&[0, 0, 8, 1, 0, 0, 0, 2][..], &[7, 0]];
        (images.concat(), labels.concat())
    }

    #[test]
    fn images_and_labels_are_read() {
        let (images, labels) = files();
        let arrays = parse(&images[..], &labels[..], "train-").expect("IDX");
        assert_eq!((arrays.len(), arrays.size), (2, [1, 3]));
        assert_eq!(arrays.name(1), "train-0001");
        let item = arrays.get(1).expect("in memory");
        assert_eq!(*item.picture.values(), Values::U8(vec![4, 5, 6]));
    }

    #[test]
    fn damaged_files_are_errors() {
        let (images, labels) = files();
        for bytes in mutations(&images, 3000) {
            if let Ok(arrays) = parse(&bytes[..], &labels[..], "") {
                (0..arrays.len()).for_each(|index| drop(arrays.get(index).expect("in memory")));
            }
        }
        for bytes in mutations(&labels, 1000) {
            parse(&images[..], &bytes[..], "").ok();
        }
    }

    #[test]
    fn a_header_cannot_ask_for_all_memory() {
        let mut images = vec![0, 0, 8, 3];
        images.extend([0xff; 12]);
        let error = parse(&images[..], &files().1[..], "").map(|_| ());
        let error = error.expect_err("too many").to_string();
        assert!(error.ends_with("are too many"), "{error}");
    }
}
