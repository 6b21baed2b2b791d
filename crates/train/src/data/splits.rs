//! What a data set is made of: which images are in which part, and whether they are the same.

use std::sync::Arc;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::DataSet;
use super::source::Source;
use crate::hexadecimal::hexadecimal;

/// The names of the images in each part of a data set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Splits {
    /// Learned from.
    pub train: Vec<String>,
    /// The best epoch is chosen by these.
    pub valid: Vec<String>,
    /// Looked at once, at the end.
    pub test: Vec<String>,
}

impl DataSet {
    /// Which images are in which part, without reading any.
    pub fn splits(&self) -> Splits {
        let names =
            |source: &Arc<dyn Source>| (0..source.len()).map(|index| source.name(index)).collect();
        Splits {
            train: names(&self.train),
            valid: names(&self.valid),
            test: names(&self.test),
        }
    }

    /// What tells this set's images from others: a hash over the names and the sizes in bytes of
    /// all of them, whichever part they are in. No image is read, so that an image that was changed
    /// and kept its size is not noticed.
    ///
    /// # Errors
    /// If a file is not to be found.
    pub fn fingerprint(&self) -> Result<String> {
        self.hash(|source, index| Ok(source.bytes(index)?.to_le_bytes().to_vec()))
    }

    /// The same of the answers: a hash over classes and points, and over the sizes in bytes of masks'
    /// and pictures' files.
    ///
    /// # Errors
    /// If a file is not to be found.
    pub fn fingerprint_of_answers(&self) -> Result<String> {
        self.hash(|source, index| source.answer(index))
    }

    /// A hash over the names of all images, and what is said of each.
    fn hash(&self, said: impl Fn(&dyn Source, usize) -> Result<Vec<u8>>) -> Result<String> {
        let mut images = Vec::new();
        for source in [&self.train, &self.valid, &self.test] {
            for index in 0..source.len() {
                images.push((source.name(index), said(source.as_ref(), index)?));
            }
        }
        images.sort();
        let mut hash = Sha256::new();
        for (name, said) in images {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name);
            hash.update(said);
        }
        Ok(hexadecimal(&hash.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{Data, EMBEDDED, load};
    use std::collections::HashSet;

    #[test]
    fn parts_hold_every_image_once() {
        let data = load(&Data::of("mnist-mini"), 1).expect("embedded");
        let splits = data.splits();
        let counts = [splits.train.len(), splits.valid.len(), splits.test.len()];
        assert_eq!(counts, [5400, 600, 1000]);
        let learned: HashSet<_> = splits.train.iter().chain(&splits.valid).collect();
        assert_eq!(learned.len(), 6000);
    }

    #[test]
    fn a_fingerprint_is_of_the_images_and_not_of_how_they_are_shared_out() {
        let print = |name: &str, seed| {
            let data = load(&Data::of(name), seed).expect("embedded");
            data.fingerprint().expect("nothing is read")
        };
        let prints = EMBEDDED.map(|name| {
            let first = print(name, 1);
            assert_eq!(first.len(), 64);
            assert_eq!(first, print(name, 2));
            first
        });
        assert_ne!(prints[0], prints[1]);
        let data = load(&Data::of("nuclei-mini"), 1).expect("embedded");
        let fewer = data.limited(5).fingerprint().expect("nothing is read");
        assert_ne!(fewer, prints[1]);
    }
}
