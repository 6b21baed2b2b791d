//! Image files with their answers, read one by one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

use super::header::Header;
use super::image_file::{bytes_of, read_as, read_header, read_page, read_picture};
use super::mask::Mask;
use super::mask_file::read_mask;
use super::mask_values::MaskReading;
use super::pages::Pages;
use super::picture::Picture;
use super::shapes::Shape;
use super::source::{Item, Source, Target};

/// An image's file with its answer.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// What it is called.
    pub name: String,
    /// Its file.
    pub image: PathBuf,
    /// Which page of it, from 0.
    pub page: usize,
    /// What is to be said of it.
    pub answer: Answer,
}

/// What is to be said of an image, before it is read.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// Its class.
    Class(usize),
    /// Its mask's file.
    Mask(PathBuf),
    /// The file that numbers its objects.
    Objects(PathBuf),
    /// The picture's file that it is to become.
    Picture(PathBuf),
    /// Places in it.
    Points(Vec<Option<[f32; 2]>>),
    /// What its mask is drawn of, the last on top.
    Shapes(Arc<Vec<Shape>>),
}

/// Image files.
pub(super) struct Files {
    entries: Vec<Entry>,
    masks: MaskReading,
    /// What the pages of images are.
    pages: Pages,
    /// How many channels pictures have that images are to become.
    channels: usize,
    /// When the file that lists them was changed; none if there is none.
    listed: Option<SystemTime>,
}

impl Files {
    /// `masks`: how their masks are read; `channels`: how many the pictures have that they are to
    /// become.
    pub fn new(entries: Vec<Entry>, masks: MaskReading, channels: usize) -> Self {
        Self {
            entries,
            masks,
            channels,
            pages: Pages::First,
            listed: None,
        }
    }

    /// What the pages of images are.
    pub fn with_pages(self, pages: Pages) -> Self {
        Self { pages, ..self }
    }

    /// The same, listed by this file.
    pub fn listed_by(self, file: &Path) -> Self {
        let listed = std::fs::metadata(file)
            .and_then(|file| file.modified())
            .ok();
        Self {
            listed: listed.max(self.listed),
            ..self
        }
    }

    /// Reads the mask of an image of this size.
    fn mask(&self, path: &Path, image: &Path, size: [usize; 2]) -> Result<Mask> {
        let raw = read_mask(path, &self.masks)?;
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
        let mask = self.masks.mask(raw.size, &raw.values);
        mask.with_context(|| format!("in '{}'", path.display()))
    }
}

impl Source for Files {
    fn len(&self) -> usize {
        self.entries.len()
    }

    fn name(&self, index: usize) -> String {
        self.entries[index].name.clone()
    }

    fn bytes(&self, index: usize) -> Result<u64> {
        bytes_of(&self.entries[index].image)
    }

    fn answer(&self, index: usize) -> Result<Vec<u8>> {
        Ok(match &self.entries[index].answer {
            Answer::Class(class) => class.to_le_bytes().to_vec(),
            Answer::Mask(path) | Answer::Objects(path) | Answer::Picture(path) => {
                bytes_of(path)?.to_le_bytes().to_vec()
            }
            Answer::Points(points) => format!("{points:?}").into_bytes(),
            Answer::Shapes(shapes) => format!("{shapes:?}").into_bytes(),
        })
    }

    /// That of its image, of its answer, or of the list of both, whichever was changed last.
    fn modified(&self, index: usize) -> Option<SystemTime> {
        let Entry { image, answer, .. } = &self.entries[index];
        let answer = match answer {
            Answer::Mask(path) | Answer::Objects(path) | Answer::Picture(path) => Some(path),
            _ => None,
        };
        let changed = |path: &PathBuf| std::fs::metadata(path).ok()?.modified().ok();
        let changed = [Some(image), answer]
            .into_iter()
            .flatten()
            .filter_map(changed);
        changed.chain(self.listed).max()
    }

    fn header(&self, index: usize) -> Result<Header> {
        let Entry { image, page, .. } = &self.entries[index];
        match (page, self.pages) {
            (0, Pages::First | Pages::Items) => read_header(image),
            _ => Ok(Header::of(&self.picture(index)?)),
        }
    }

    fn picture(&self, index: usize) -> Result<Picture> {
        let Entry { image, page, .. } = &self.entries[index];
        match self.pages {
            Pages::Channels => read_as(image, self.pages),
            _ => read_page(image, *page),
        }
    }

    fn get(&self, index: usize) -> Result<Item> {
        let picture = self.picture(index)?;
        let Entry { image, answer, .. } = &self.entries[index];
        let size = picture.size();
        let target = match answer {
            Answer::Class(class) => Target::Class(*class),
            Answer::Mask(mask) | Answer::Objects(mask) => {
                Target::Mask(self.mask(mask, image, size)?)
            }
            Answer::Picture(path) => {
                let target = read_picture(path)?;
                let own = target.size();
                ensure!(
                    own == size,
                    "the target '{}' is {}x{}, its image '{}' is {}x{}: both must have one height \
                     and width",
                    path.display(),
                    own[0],
                    own[1],
                    image.display(),
                    size[0],
                    size[1]
                );
                Target::Picture(target.with_channels(self.channels))
            }
            Answer::Points(points) => Target::Points(points.clone()),
            Answer::Shapes(shapes) => {
                let mask = Shape::draw(shapes, size, self.masks.values.border());
                Target::Mask(mask.with_context(|| format!("of '{}'", image.display()))?)
            }
        };
        Ok(Item {
            name: self.name(index),
            picture,
            target,
        })
    }
}

/// A file's name without its ending.
pub(super) fn stem_of(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
