//! A source for tests, made of numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};
use rand::RngExt;

use super::picture::{Picture, Values};
use super::random::generator;
use super::source::{Item, Source, Target};

/// Gray images of 6x6 random values; the class is the index.
pub struct Made {
    count: usize,
    size: [usize; 2],
    /// An item that cannot be read.
    pub broken: Option<usize>,
    /// An item whose reading panics.
    pub panics: Option<usize>,
    /// How many items were asked for.
    pub reads: Arc<AtomicUsize>,
}

impl Made {
    pub fn new(count: usize) -> Self {
        Self {
            count,
            size: [6, 6],
            broken: None,
            panics: None,
            reads: Arc::default(),
        }
    }
}

impl Source for Made {
    fn len(&self) -> usize {
        self.count
    }

    fn name(&self, index: usize) -> String {
        format!("item {index}")
    }

    fn bytes(&self, _: usize) -> Result<u64> {
        Ok(self.size.iter().product::<usize>() as u64)
    }

    fn get(&self, index: usize) -> Result<Item> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        assert!(self.panics != Some(index), "a decoder's own fault");
        if self.broken == Some(index) {
            bail!("the image 'item {index}' cannot be decoded");
        }
        let mut random = generator(11, 0, index as u64);
        let [height, width] = self.size;
        let values = (0..height * width).map(|_| random.random()).collect();
        Ok(Item {
            name: self.name(index),
            picture: Picture::new(self.size, 1, Values::U8(values)),
            target: Target::Class(index),
        })
    }
}
