//! Where images and their answers come from.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use anyhow::Result;

use super::header::Header;
use super::mask::Mask;
use super::picture::Picture;

/// What is to be said of an image.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Target {
    /// Not known.
    None,
    /// The image's class.
    Class(usize),
    /// How much of each class there is, adding up to 1.
    Distribution(Vec<f32>),
    /// The class of each pixel, at the picture's own size.
    Mask(Mask),
    /// Numbers.
    Values(Vec<f32>),
    /// Another picture, of the picture's own size.
    Picture(Picture),
    /// Places in the picture, `[row, column]`, whole numbers in the middles of pixels; none: not to
    /// be seen.
    Points(Vec<Option<[f32; 2]>>),
}

/// An image and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What it is called: a file's name without its ending, or its place in the set.
    pub name: String,
    /// The image, as it was decoded.
    pub picture: Picture,
    /// What is to be said of it.
    pub target: Target,
}

/// A list of items that are read one by one, when they are asked for, by any thread.
pub trait Source: Send + Sync {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What an item is called, without reading it.
    ///
    /// # Panics
    /// If `index` is not below the length.
    fn name(&self, index: usize) -> String;

    /// How many bytes its image takes where it lies, without reading it.
    ///
    /// # Errors
    /// If it is not there; the error names its file.
    ///
    /// # Panics
    /// If `index` is not below the length.
    fn bytes(&self, index: usize) -> Result<u64>;

    /// What tells its answer from others, without reading the image: the answer, or the number of
    /// bytes that its file takes. Empty where all that decides it is in the program.
    ///
    /// # Errors
    /// If it is not there; the error names its file.
    ///
    /// # Panics
    /// If `index` is not below the length.
    fn answer(&self, index: usize) -> Result<Vec<u8>> {
        let _ = index;
        Ok(Vec::new())
    }

    /// When its image, or its answer, was last changed; none where that is not known.
    ///
    /// # Panics
    /// If `index` is not below the length.
    fn modified(&self, index: usize) -> Option<SystemTime> {
        let _ = index;
        None
    }

    /// What is known of an image before its pixels.
    ///
    /// # Errors
    /// If it cannot be read; the error names its file.
    ///
    /// # Panics
    /// If `index` is not below the length.
    fn header(&self, index: usize) -> Result<Header> {
        Ok(Header::of(&self.picture(index)?))
    }

    /// Reads an image without its answer.
    ///
    /// # Errors
    /// If it cannot be read; the error names its file.
    ///
    /// # Panics
    /// If `index` is not below the length.
    fn picture(&self, index: usize) -> Result<Picture> {
        Ok(self.get(index)?.picture)
    }

    /// Reads an item.
    ///
    /// # Errors
    /// If it cannot be read; the error names its file.
    ///
    /// # Panics
    /// If `index` is not below the length.
    fn get(&self, index: usize) -> Result<Item>;
}

/// Some of the items of a source, in an order of their own.
pub struct Subset {
    source: Arc<dyn Source>,
    indices: Vec<usize>,
}

impl Subset {
    /// The items with these indices.
    ///
    /// # Panics
    /// If an index is not below the source's length.
    pub fn new(source: Arc<dyn Source>, indices: Vec<usize>) -> Self {
        let count = source.len();
        if let Some(index) = indices.iter().find(|&&index| index >= count) {
            panic!("index {index}: must be below {count}, the source's length");
        }
        Self { source, indices }
    }

    /// The first `count` items, or all if there are fewer.
    pub fn first(source: Arc<dyn Source>, count: usize) -> Self {
        let count = count.min(source.len());
        Self::new(source, (0..count).collect())
    }
}

impl Source for Subset {
    fn len(&self) -> usize {
        self.indices.len()
    }

    fn name(&self, index: usize) -> String {
        self.source.name(self.indices[index])
    }

    fn bytes(&self, index: usize) -> Result<u64> {
        self.source.bytes(self.indices[index])
    }

    fn answer(&self, index: usize) -> Result<Vec<u8>> {
        self.source.answer(self.indices[index])
    }

    fn modified(&self, index: usize) -> Option<SystemTime> {
        self.source.modified(self.indices[index])
    }

    fn header(&self, index: usize) -> Result<Header> {
        self.source.header(self.indices[index])
    }

    fn picture(&self, index: usize) -> Result<Picture> {
        self.source.picture(self.indices[index])
    }

    fn get(&self, index: usize) -> Result<Item> {
        self.source.get(self.indices[index])
    }
}

/// A small source whose items stay in memory once they were read.
pub(super) struct Kept<S> {
    source: S,
    items: Vec<OnceLock<Item>>,
}

impl<S: Source> Kept<S> {
    pub fn new(source: S) -> Self {
        let items = (0..source.len()).map(|_| OnceLock::new()).collect();
        Self { source, items }
    }
}

impl<S: Source> Source for Kept<S> {
    fn len(&self) -> usize {
        self.items.len()
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

    fn get(&self, index: usize) -> Result<Item> {
        let kept = &self.items[index];
        match kept.get() {
            Some(item) => Ok(item.clone()),
            None => {
                let item = self.source.get(index)?;
                Ok(kept.get_or_init(|| item).clone())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::made::Made;
    use std::sync::atomic::Ordering;

    #[test]
    fn a_subset_has_its_own_order() {
        let subset = Subset::new(Arc::new(Made::new(5)), vec![3, 1]);
        assert_eq!(subset.len(), 2);
        assert_eq!(subset.name(0), "item 3");
        assert_eq!(subset.get(1).expect("reads").target, Target::Class(1));
        assert_eq!(Subset::first(Arc::new(subset), 9).len(), 2);
    }

    #[test]
    fn kept_items_are_read_once() {
        let made = Made::new(3);
        let reads = made.reads.clone();
        let kept = Kept::new(made);
        let first = kept.get(2).expect("reads");
        assert_eq!(kept.get(2).expect("reads"), first);
        assert_eq!(reads.load(Ordering::Relaxed), 1);
    }
}
