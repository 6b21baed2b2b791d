//! Images as they were decoded and brought to their size, kept in files.
//!
//! A file for each item, in a folder whose name tells all that its contents follow from: the names,
//! sizes and dates of the images' files, and what is done to them. So what is no longer right is not
//! found, and a folder that is of no use any more can be taken away.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::header::Header;
use super::mask::{Mask, Numbered};
use super::picture::{Picture, Values};
use super::preprocessing::Preprocessing;
use super::settings::Data;
use super::source::{Item, Source, Target};
use crate::hexadecimal::hexadecimal;

/// Items that are decoded once.
pub(super) struct Cached {
    source: Arc<dyn Source>,
    preprocessing: Preprocessing,
    folder: PathBuf,
}

/// The first bytes of a file, with the version of its form.
const MAGIC: [u8; 4] = *b"SCI2";

impl Cached {
    /// Keeps a source's items, preprocessed, in a folder of their own in `folder`.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn new(
        source: Arc<dyn Source>,
        preprocessing: &Preprocessing,
        settings: &Data,
        folder: &Path,
    ) -> Result<Self> {
        let mut hash = Sha256::new();
        hash.update(MAGIC);
        let Preprocessing {
            channels,
            size,
            resizing,
            interpolation,
            pages,
            ..
        } = preprocessing;
        let masks = (
            &settings.mask_colours,
            settings.mask_ignored,
            settings.mask_border,
        );
        hash.update(serde_json::to_vec(&(
            channels,
            size,
            resizing,
            interpolation,
            pages,
            masks,
        ))?);
        for index in 0..source.len() {
            let name = source.name(index);
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name);
            let modified = source.modified(index).unwrap_or(UNIX_EPOCH);
            let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
            hash.update(since.as_nanos().to_le_bytes());
            // An image that is missing is told when it is asked for.
            hash.update(source.bytes(index).unwrap_or(0).to_le_bytes());
        }
        let digest = hash.finalize();
        let folder = folder.join(hexadecimal(&digest[..8]));
        fs::create_dir_all(&folder)
            .with_context(|| format!("the folder '{}' cannot be made", folder.display()))?;
        Ok(Self {
            source,
            preprocessing: preprocessing.clone(),
            folder,
        })
    }

    fn path(&self, index: usize) -> PathBuf {
        self.folder.join(index.to_string())
    }

    /// Writes to the side and renames, so that no thread finds a part. What cannot be written is not
    /// kept, and no more.
    fn keep(&self, index: usize, bytes: &[u8]) {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let aside = self.folder.join(format!("{index}.{process}.{number}.part"));
        let kept = fs::write(&aside, bytes).and_then(|()| fs::rename(&aside, self.path(index)));
        if kept.is_err() {
            fs::remove_file(&aside).ok();
        }
    }
}

impl Source for Cached {
    fn len(&self) -> usize {
        self.source.len()
    }

    fn name(&self, index: usize) -> String {
        self.source.name(index)
    }

    fn bytes(&self, index: usize) -> Result<u64> {
        self.source.bytes(index)
    }

    fn answer(&self, index: usize) -> Result<Vec<u8>> {
        self.source.answer(index)
    }

    fn modified(&self, index: usize) -> Option<SystemTime> {
        self.source.modified(index)
    }

    fn header(&self, index: usize) -> Result<Header> {
        self.source.header(index)
    }

    fn get(&self, index: usize) -> Result<Item> {
        let kept = fs::read(self.path(index)).ok();
        // What is damaged is made anew.
        if let Some(Ok((picture, target))) = kept.map(|bytes| read(&bytes)) {
            return Ok(Item {
                name: self.name(index),
                picture,
                target,
            });
        }
        let item = self.preprocessing.fit_item(self.source.get(index)?);
        self.keep(index, &written(&item.picture, &item.target));
        Ok(item)
    }
}

/// Which kind of target follows.
mod kind {
    pub const NONE: u8 = 0;
    pub const CLASS: u8 = 1;
    pub const MASK: u8 = 2;
    pub const PICTURE: u8 = 3;
    pub const POINTS: u8 = 4;
    pub const VALUES: u8 = 5;
    pub const DISTRIBUTION: u8 = 6;
    pub const OBJECTS: u8 = 7;
    pub const BORDERED_OBJECTS: u8 = 8;
}

fn written(picture: &Picture, target: &Target) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    write_picture(&mut bytes, picture);
    let floats = |bytes: &mut Vec<u8>, kind: u8, values: &[f32]| {
        bytes.push(kind);
        bytes.extend((values.len() as u32).to_le_bytes());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    };
    match target {
        Target::None => bytes.push(kind::NONE),
        Target::Class(class) => {
            bytes.push(kind::CLASS);
            bytes.extend((*class as u32).to_le_bytes());
        }
        Target::Mask(mask) => {
            bytes.push(match mask.objects() {
                None => kind::MASK,
                Some(Numbered {
                    bordered: false, ..
                }) => kind::OBJECTS,
                Some(_) => kind::BORDERED_OBJECTS,
            });
            write_size(&mut bytes, mask.size());
            let numbers = mask.objects().map(|objects| objects.numbers.iter());
            let labels = mask.classes().iter().chain(numbers.into_iter().flatten());
            bytes.extend(labels.flat_map(|label| label.to_le_bytes()));
        }
        Target::Picture(picture) => {
            bytes.push(kind::PICTURE);
            write_picture(&mut bytes, picture);
        }
        Target::Points(points) => {
            // A point that is not to be seen is none of numbers.
            let place = |point: &Option<[f32; 2]>| point.unwrap_or([f32::NAN; 2]);
            let places: Vec<f32> = points.iter().flat_map(place).collect();
            floats(&mut bytes, kind::POINTS, &places);
        }
        Target::Values(values) => floats(&mut bytes, kind::VALUES, values),
        Target::Distribution(parts) => floats(&mut bytes, kind::DISTRIBUTION, parts),
    }
    // So that a file that was cut off is noticed.
    bytes.extend(MAGIC);
    bytes
}

fn write_size(bytes: &mut Vec<u8>, size: [usize; 2]) {
    bytes.extend(size.iter().flat_map(|&side| (side as u32).to_le_bytes()));
}

fn write_picture(bytes: &mut Vec<u8>, picture: &Picture) {
    write_size(bytes, picture.size());
    bytes.push(picture.channels() as u8);
    match picture.values() {
        Values::U8(values) => {
            bytes.push(1);
            bytes.extend(values);
        }
        Values::U16(values) => {
            bytes.push(2);
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        Values::F32(values) => {
            bytes.push(4);
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
    }
}

/// What is left to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        ensure!(count <= self.0.len(), "it ends early");
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn number(&mut self) -> Result<usize> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize)
    }

    /// So many words of 4 bytes.
    fn words(&mut self, count: usize) -> Result<impl Iterator<Item = [u8; 4]> + 'a> {
        let bytes = self.take(count.checked_mul(4).context("it ends early")?)?;
        let word = |bytes: &[u8]| [bytes[0], bytes[1], bytes[2], bytes[3]];
        Ok(bytes.chunks_exact(4).map(word))
    }

    fn floats(&mut self, count: usize) -> Result<Vec<f32>> {
        Ok(self.words(count)?.map(f32::from_le_bytes).collect())
    }

    fn size(&mut self) -> Result<[usize; 2]> {
        let size = [self.number()?, self.number()?];
        ensure!(size[0] > 0 && size[1] > 0, "it has no pixels");
        Ok(size)
    }

    fn picture(&mut self) -> Result<Picture> {
        let size = self.size()?;
        let channels = usize::from(self.byte()?);
        ensure!(channels > 0, "it has no channels");
        let count = size[0].checked_mul(size[1]);
        let count = count.and_then(|count| count.checked_mul(channels));
        let count = count.context("it ends early")?;
        let values = match self.byte()? {
            1 => Values::U8(self.take(count)?.to_vec()),
            2 => {
                let bytes = self.take(count.checked_mul(2).context("it ends early")?)?;
                let words = bytes.chunks_exact(2);
                let word = |bytes: &[u8]| u16::from_le_bytes([bytes[0], bytes[1]]);
                Values::U16(words.map(word).collect())
            }
            _ => Values::F32(self.floats(count)?),
        };
        Ok(Picture::new(size, channels, values))
    }
}

fn read(bytes: &[u8]) -> Result<(Picture, Target)> {
    let mut rest = Rest(bytes);
    ensure!(rest.take(4)? == MAGIC, "it is of another form");
    let picture = rest.picture()?;
    let target = match rest.byte()? {
        kind::NONE => Target::None,
        kind::CLASS => Target::Class(rest.number()?),
        kind @ (kind::MASK | kind::OBJECTS | kind::BORDERED_OBJECTS) => {
            let size = rest.size()?;
            let count = size[0].checked_mul(size[1]).context("it ends early")?;
            let mut labels =
                || -> Result<Vec<i32>> { Ok(rest.words(count)?.map(i32::from_le_bytes).collect()) };
            let mask = Mask::new(size, labels()?);
            let objects = match kind {
                kind::MASK => None,
                kind => Some(Numbered {
                    numbers: labels()?,
                    bordered: kind == kind::BORDERED_OBJECTS,
                }),
            };
            Target::Mask(mask.with_objects(objects))
        }
        kind::PICTURE => Target::Picture(rest.picture()?),
        other => {
            let count = rest.number()?;
            let values = rest.floats(count)?;
            match other {
                kind::POINTS => {
                    let place = |place: &[f32]| (!place[0].is_nan()).then(|| [place[0], place[1]]);
                    Target::Points(values.chunks_exact(2).map(place).collect())
                }
                kind::VALUES => Target::Values(values),
                _ => Target::Distribution(values),
            }
        }
    };
    ensure!(rest.0 == MAGIC, "it ends early");
    Ok((picture, target))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::made::Made;
    use crate::data::normalization::Normalization;
    use crate::data::pages::Pages;
    use crate::data::resizing::{Interpolation, Resizing};
    use crate::hostile::mutations;
    use std::sync::atomic::Ordering;
    use tempfile::tempdir;

    fn preprocessing(side: usize) -> Preprocessing {
        Preprocessing {
            channels: 1,
            size: Some([side, side]),
            resizing: Resizing::Letterbox,
            interpolation: Interpolation::Bilinear,
            normalization: Normalization::Image,
            pages: Pages::First,
        }
    }

    #[test]
    fn items_are_decoded_once_and_the_same_as_without() {
        let folder = tempdir().expect("a folder");
        let made = Arc::new(Made::new(3));
        let settings = Data::of("made");
        let cached = |side| {
            Cached::new(made.clone(), &preprocessing(side), &settings, folder.path())
                .expect("a folder")
        };
        let plain = preprocessing(4).fit_item(made.get(2).expect("made"));
        let before = made.reads.load(Ordering::Relaxed);
        for _ in 0..2 {
            assert_eq!(cached(4).get(2).expect("made"), plain);
        }
        assert_eq!(made.reads.load(Ordering::Relaxed), before + 1);
        assert_eq!(cached(5).get(2).expect("made").picture.size(), [5, 5]);
        assert_eq!(made.reads.load(Ordering::Relaxed), before + 2);
        // What is damaged is made anew.
        fs::write(cached(4).path(2), "damaged").expect("writes");
        assert_eq!(cached(4).get(2).expect("made"), plain);
    }

    /// A picture and an answer of each kind.
    fn of_each_kind() -> Vec<(Picture, Target)> {
        let picture = |values| Picture::new([1, 2], 1, values);
        let pictures = [
            picture(Values::U8(vec![1, 2])),
            picture(Values::U16(vec![1, 65535])),
            picture(Values::F32(vec![0.5, -1.0])),
        ];
        let targets = [
            Target::None,
            Target::Class(7),
            Target::Mask(Mask::new([1, 2], vec![-1, 300])),
            Target::Mask(Mask::new([1, 2], vec![1, 0]).with_objects(Some(Numbered {
                numbers: vec![4, 0],
                bordered: false,
            }))),
            Target::Mask(Mask::new([1, 2], vec![2, 1]).with_objects(Some(Numbered {
                numbers: vec![4, 70_000],
                bordered: true,
            }))),
            Target::Picture(pictures[2].clone()),
            Target::Points(vec![Some([1.0, 0.5]), None]),
            Target::Values(vec![3.0]),
            Target::Distribution(vec![0.25, 0.75]),
        ];
        let pairs = pictures.iter().flat_map(|picture| {
            let pair = move |target: &Target| (picture.clone(), target.clone());
            targets.iter().map(pair)
        });
        pairs.collect()
    }

    #[test]
    fn every_kind_of_answer_comes_back() {
        for pair in of_each_kind() {
            let (picture, target) = &pair;
            assert_eq!(read(&written(picture, target)).expect("as written"), pair);
        }
    }

    #[test]
    fn damaged_files_are_errors() {
        for (picture, target) in of_each_kind() {
            for bytes in mutations(&written(&picture, &target), 100) {
                read(&bytes).ok();
            }
        }
    }
}
