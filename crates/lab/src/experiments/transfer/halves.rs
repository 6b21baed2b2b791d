//! Sets of images with half of the classes, as files that networks learn from.

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use npyz::WriterBuilder;
use npyz::npz::NpzWriter;
use train::data::{Data, DataSet, Source, Target, Values};

use crate::{Lab, kept};

/// How many classes a half has.
const HALF: usize = 5;

/// By what the whole set is shared out where it is not yet.
const SEED: u64 = 1;

/// A set of ten classes, to be taken apart.
pub(super) struct Halves {
    whole: DataSet,
    /// What tells the set from others.
    id: String,
    folder: PathBuf,
}

/// Images of one part of a set, in NumPy's layout.
#[derive(Default)]
struct Part {
    /// Height, width and channels.
    shape: [usize; 3],
    images: Vec<u8>,
    labels: Vec<u8>,
}

impl Halves {
    /// Of the laboratory's images by class.
    pub fn of(lab: &Lab<'_>) -> Result<Self> {
        let settings: Data = serde_json::from_value(lab.classes(None))?;
        let whole = train::data::load(&settings, SEED)?;
        Ok(Self {
            id: whole.fingerprint()?,
            whole,
            folder: lab.folder().to_path_buf(),
        })
    }

    /// How many images to learn from the rarest class of the other half has.
    pub fn rarest(&self) -> usize {
        let labels = self.whole.labels.as_deref().unwrap_or_default();
        let count = |class| labels.iter().filter(|label| **label == class).count();
        (HALF..2 * HALF).map(count).min().unwrap_or(0)
    }

    /// A file with all images of the first half.
    pub fn first(&self) -> Result<PathBuf> {
        self.file("first half", || {
            let DataSet {
                train, valid, test, ..
            } = &self.whole;
            let half = |source| Part::of(source, 0, |_, _| true);
            Ok([half(train)?, half(valid)?, half(test)?])
        })
    }

    /// A file with `labels` images to learn from of each class of the other half, others for each
    /// `draw`. They are also those to validate by: no other label is needed.
    pub fn few(&self, labels: usize, draw: usize) -> Result<PathBuf> {
        self.file(&format!("{labels} of the other half, draw {draw}"), || {
            let drawn = drawn(labels, draw, self.rarest());
            let few = || Part::of(&self.whole.train, HALF, |_, number| drawn.contains(&number));
            let test = Part::of(&self.whole.test, HALF, |_, _| true)?;
            Ok([few()?, few()?, test])
        })
    }

    fn file(&self, what: &str, make: impl FnOnce() -> Result<[Part; 3]>) -> Result<PathBuf> {
        let name = kept::name_of(&(&self.id, what))?;
        let path = self.folder.join(format!("{name}.npz"));
        if !path.is_file() {
            kept::write(&path, &written(make()?)?)?;
        }
        Ok(path)
    }
}

/// The numbers, among the images of a class, of those that are drawn.
fn drawn(labels: usize, draw: usize, of: usize) -> Vec<usize> {
    let first = draw * labels;
    (first..first + labels)
        .map(|number| number % of.max(1))
        .collect()
}

impl Part {
    /// The images of the five classes from `first` on that are wanted, by class and number in it.
    fn of(
        source: &Arc<dyn Source>,
        first: usize,
        is_wanted: impl Fn(usize, usize) -> bool,
    ) -> Result<Self> {
        let mut part = Self::default();
        let mut seen = [0; HALF];
        for index in 0..source.len() {
            let item = source.get(index)?;
            let Target::Class(class) = item.target else {
                bail!("'{}' has no class", item.name);
            };
            let Some(class) = class.checked_sub(first).filter(|class| *class < HALF) else {
                continue;
            };
            let number = seen[class];
            seen[class] += 1;
            if !is_wanted(class, number) {
                continue;
            }
            let [height, width] = item.picture.size();
            part.shape = [height, width, item.picture.channels()];
            let Values::U8(values) = item.picture.values() else {
                bail!("'{}' is not of bytes", item.name);
            };
            part.images.extend(values);
            part.labels.push(class as u8);
        }
        Ok(part)
    }
}

/// The bytes of an `.npz` file, as `train` reads it.
fn written(parts: [Part; 3]) -> Result<Vec<u8>> {
    let mut file = NpzWriter::new(Cursor::new(Vec::new()));
    for (name, part) in ["train", "valid", "test"].into_iter().zip(parts) {
        let [height, width, channels] = part.shape;
        let count = part.labels.len();
        let mut write = |what: &str, shape: &[usize], values: Vec<u8>| {
            let shape: Vec<_> = shape.iter().map(|side| *side as u64).collect();
            let array = file.array(&format!("{name}_{what}"), Default::default())?;
            let mut array = array.default_dtype().shape(&shape).begin_nd()?;
            array.extend(values)?;
            array.finish()
        };
        write("images", &[count, height, width, channels], part.images)?;
        write("labels", &[count], part.labels)?;
    }
    let file = file
        .zip_writer()
        .finish()
        .context("the archive cannot be ended")?;
    Ok(file.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_no_image_in_common_while_there_are_enough() {
        assert_eq!(drawn(2, 0, 6), [0, 1]);
        assert_eq!(drawn(2, 2, 6), [4, 5]);
        assert_eq!(drawn(2, 3, 6), [0, 1]);
    }

    #[test]
    fn train_reads_what_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("few.npz");
        let part = |labels: &[u8]| Part {
            shape: [2, 2, 1],
            images: labels.iter().flat_map(|label| [*label; 4]).collect(),
            labels: labels.to_vec(),
        };
        let bytes = written([part(&[0, 1, 1]), part(&[0]), part(&[1, 0])]).expect("writes");
        std::fs::write(&path, bytes).expect("writes");
        let data = Data::of(path.to_str().expect("a path"));
        let data = train::data::load(&data, SEED).expect("reads");
        let lengths = [&data.train, &data.valid, &data.test].map(|source| source.len());
        assert_eq!(lengths, [3, 1, 2]);
        assert_eq!(data.labels, Some(vec![0, 1, 1]));
        let item = data.test.get(0).expect("reads");
        assert_eq!(item.picture.values(), &Values::U8(vec![1; 4]));
        assert_eq!(item.target, Target::Class(1));
    }
}
