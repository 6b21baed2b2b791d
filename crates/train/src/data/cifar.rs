//! CIFAR-10 and CIFAR-100 in their binary form: records of one or two labels and 32x32 red, green
//! and blue bytes, plane by plane. "Learning Multiple Layers of Features from Tiny Images"
//! (Krizhevsky 2009). Files end in `.bin`, or `.bin.gz`, or `.bin.xz`; those that begin with `test`
//! are the test, those with `data_batch` or `train` are learned from.

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

/// Height and width.
pub(super) const SIZE: [usize; 2] = [32, 32];
const PIXELS: usize = 3 * SIZE[0] * SIZE[1];

/// The classes of CIFAR-10.
const CIFAR_10: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];

/// Which of the two a file is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One label of 10.
    Ten,
    /// One label of 20, which is left out, and one of 100.
    Hundred,
}

impl Kind {
    fn labels(self) -> usize {
        match self {
            Self::Ten => 1,
            Self::Hundred => 2,
        }
    }

    fn classes(self) -> usize {
        match self {
            Self::Ten => 10,
            Self::Hundred => 100,
        }
    }
}

/// The files in a folder, with their parts.
pub(super) fn files(folder: &Path) -> Result<Vec<(Part, PathBuf)>> {
    let part = |path: PathBuf| {
        let name = name_of(&path);
        let ends = [".bin", ".bin.gz", ".bin.xz"];
        let part = match &name {
            _ if !ends.iter().any(|end| name.ends_with(end)) => return None,
            _ if name.starts_with("test") => Part::Test,
            _ if name.starts_with("data_batch") || name.starts_with("train") => Part::Train,
            _ if name.starts_with("val") => Part::Valid,
            _ => return None,
        };
        Some((part, path))
    };
    Ok(entries_of(folder)?.into_iter().filter_map(part).collect())
}

/// The images of a file; `kind`: none where its length is to tell.
fn parse(file: impl Read, kind: Option<Kind>, prefix: String) -> Result<(Kind, Arrays)> {
    let bytes = at_most(file, MOST)?;
    let fits = |kind: &Kind| bytes.len() % (kind.labels() + PIXELS) == 0;
    let kinds = [Kind::Ten, Kind::Hundred];
    let kind = kind.filter(fits).or_else(|| match kind {
        None => kinds.into_iter().find(fits),
        Some(_) => None,
    });
    let kind = kind.filter(|_| !bytes.is_empty()).with_context(|| {
        format!(
            "it has {} bytes; must be records of {} or {}, the same in all files",
            bytes.len(),
            1 + PIXELS,
            2 + PIXELS
        )
    })?;
    let each = kind.labels() + PIXELS;
    let mut pixels = Vec::with_capacity(bytes.len());
    let mut classes = Vec::with_capacity(bytes.len() / each);
    for (number, record) in bytes.chunks_exact(each).enumerate() {
        let (labels, own) = record.split_at(kind.labels());
        let class = usize::from(labels[kind.labels() - 1]);
        ensure!(
            class < kind.classes(),
            "record {number} has the label {class}; must be below {}",
            kind.classes()
        );
        classes.push(class);
        pixels.extend_from_slice(own);
    }
    let arrays = Arrays {
        prefix,
        size: SIZE,
        channels: 3,
        planar: true,
        values: Values::U8(pixels),
        answers: ArrayAnswers::Classes(classes),
    };
    Ok((kind, arrays))
}

/// The names of the classes: those in the folder, where it says them.
fn names(folder: &Path, kind: Kind) -> Vec<String> {
    let file = match kind {
        Kind::Ten => "batches.meta.txt",
        Kind::Hundred => "fine_label_names.txt",
    };
    let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let said: Vec<String> = lines.map(str::to_string).collect();
    match kind {
        _ if said.len() == kind.classes() => said,
        Kind::Ten => CIFAR_10.map(str::to_string).to_vec(),
        Kind::Hundred => (0..100).map(|class| class.to_string()).collect(),
    }
}

/// Reads a folder's files.
pub(super) fn collect(folder: &Path, wanted: &Wanted) -> Result<Collection> {
    let origin = format!("the folder '{}'", folder.display());
    wanted.check_task(Task::Classification, &origin)?;
    let (mut sources, mut known) = (Vec::<Arc<dyn Source>>::new(), Vec::new());
    let mut kind = None;
    for (part, path) in files(folder)? {
        let name = name_of(&path);
        let prefix = format!("{}-", name.split('.').next().unwrap_or(&name));
        let parsed = parse(reader(&path)?, kind, prefix);
        let (own, arrays) =
            parsed.with_context(|| format!("'{}' cannot be read", path.display()))?;
        kind = Some(own);
        known.extend(arrays.known(part));
        sources.push(Arc::new(arrays));
    }
    let kind = kind.with_context(|| format!("{origin} has no .bin files"))?;
    Ok(Collection {
        origin,
        classes: wanted.classes(|| names(folder, kind)),
        source: Arc::new(Joined::new(sources)),
        known,
        task: Task::Classification,
        mask_values: None,
        mirrors: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::mutations;

    fn records(labels: &[&[u8]]) -> Vec<u8> {
        let record = |labels: &&[u8]| {
            let pixels = (0..PIXELS).map(|place| (place / 1024 * 100 + place % 4) as u8);
            labels.iter().copied().chain(pixels).collect::<Vec<u8>>()
        };
        labels.iter().flat_map(record).collect()
    }

    #[test]
    fn planes_become_pixels() {
        let bytes = records(&[&[3], &[9]]);
        let (kind, arrays) = parse(&bytes[..], None, "test-".into()).expect("CIFAR-10");
        assert_eq!((kind, arrays.len()), (Kind::Ten, 2));
        let item = arrays.get(1).expect("in memory");
        let Values::U8(values) = item.picture.values() else {
            panic!("bytes");
        };
        assert_eq!(values[..6], [0, 100, 200, 1, 101, 201]);
    }

    #[test]
    fn of_two_labels_the_finer_is_learned() {
        let bytes = records(&[&[3, 77]]);
        let (kind, arrays) = parse(&bytes[..], None, String::new()).expect("CIFAR-100");
        assert_eq!(kind, Kind::Hundred);
        let ArrayAnswers::Classes(classes) = arrays.answers else {
            panic!("classes");
        };
        assert_eq!(classes, [77]);
    }

    #[test]
    fn a_label_out_of_range_is_named() {
        let bytes = records(&[&[3], &[10]]);
        let error = parse(&bytes[..], None, String::new()).map(|_| ());
        assert_eq!(
            error.expect_err("10").to_string(),
            "record 1 has the label 10; must be below 10"
        );
    }

    #[test]
    fn damaged_files_are_errors() {
        for bytes in mutations(&records(&[&[3]]), 1000) {
            if let Ok((_, arrays)) = parse(&bytes[..], None, String::new()) {
                arrays.get(0).expect("in memory");
            }
        }
    }
}
