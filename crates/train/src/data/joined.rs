//! Sources one after the other.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Result;

use super::header::Header;
use super::picture::Picture;
use super::source::{Item, Source};

/// Several sources as one, in their order.
pub(super) struct Joined {
    sources: Vec<Arc<dyn Source>>,
    /// Where each begins, and where the last ends.
    starts: Vec<usize>,
}

impl Joined {
    pub fn new(sources: Vec<Arc<dyn Source>>) -> Self {
        let mut starts = vec![0];
        for source in &sources {
            starts.push(starts[starts.len() - 1] + source.len());
        }
        Self { sources, starts }
    }

    fn at(&self, index: usize) -> (&dyn Source, usize) {
        let place = self.starts.partition_point(|&start| start <= index) - 1;
        (self.sources[place].as_ref(), index - self.starts[place])
    }
}

impl Source for Joined {
    fn len(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    fn name(&self, index: usize) -> String {
        let (source, index) = self.at(index);
        source.name(index)
    }

    fn bytes(&self, index: usize) -> Result<u64> {
        let (source, index) = self.at(index);
        source.bytes(index)
    }

    fn answer(&self, index: usize) -> Result<Vec<u8>> {
        let (source, index) = self.at(index);
        source.answer(index)
    }

    fn modified(&self, index: usize) -> Option<SystemTime> {
        let (source, index) = self.at(index);
        source.modified(index)
    }

    fn header(&self, index: usize) -> Result<Header> {
        let (source, index) = self.at(index);
        source.header(index)
    }

    fn picture(&self, index: usize) -> Result<Picture> {
        let (source, index) = self.at(index);
        source.picture(index)
    }

    fn get(&self, index: usize) -> Result<Item> {
        let (source, index) = self.at(index);
        source.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::made::Made;
    use crate::data::source::Target;

    #[test]
    fn each_item_is_its_own_source_s() {
        let joined = Joined::new(
            [2, 0, 3]
                .map(|count| Arc::new(Made::new(count)) as _)
                .to_vec(),
        );
        assert_eq!(joined.len(), 5);
        let classes = (0..5).map(|index| joined.get(index).expect("made").target);
        let expected = [0, 1, 0, 1, 2].map(Target::Class);
        assert_eq!(classes.collect::<Vec<_>>(), expected);
        assert_eq!(joined.name(4), "item 2");
    }
}
