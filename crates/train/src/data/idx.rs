//! The embedded digits: a part of MNIST, in its own IDX format.

use std::io::Read;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use models::{ImageSpec, Task};

use super::normalization::Normalization;
use super::picture::{Picture, Values};
use super::preprocessing::{Preprocessing, Resizing};
use super::source::{Item, Source, Subset, Target};
use super::split::hold_out;
use super::transform::{Shift, Transform};
use super::{DataSet, HELD_OUT, Problem};

const TRAIN_IMAGES: &[u8] = include_bytes!("../../data/mnist-mini/train-images-idx3-ubyte.gz");
const TRAIN_LABELS: &[u8] = include_bytes!("../../data/mnist-mini/train-labels-idx1-ubyte.gz");
const TEST_IMAGES: &[u8] = include_bytes!("../../data/mnist-mini/test-images-idx3-ubyte.gz");
const TEST_LABELS: &[u8] = include_bytes!("../../data/mnist-mini/test-labels-idx1-ubyte.gz");

/// The first bytes of a file of images and of one of labels.
const IMAGES_MAGIC: u32 = 0x0803;
const LABELS_MAGIC: u32 = 0x0801;

/// 6,000 images to learn from and 1,000 to test, 28x28, ten digits.
pub(super) fn mnist_mini(seed: u64) -> Result<DataSet> {
    let learned = Arc::new(Idx::decompress(TRAIN_IMAGES, TRAIN_LABELS)?);
    let test = Idx::decompress(TEST_IMAGES, TEST_LABELS)?;
    let (train, valid) = hold_out((0..learned.len()).collect(), HELD_OUT, seed);
    let [height, width] = learned.size;
    let picture = |index: usize| Ok(learned.picture(train[index]));
    Ok(DataSet {
        problem: Problem {
            task: Task::Classification,
            image: ImageSpec {
                channels: 1,
                height,
                width,
            },
            classes: (0..10).map(|digit| digit.to_string()).collect(),
            mask_values: None,
            preprocessing: Preprocessing {
                channels: 1,
                size: Some(learned.size),
                resizing: Resizing::Stretch,
                normalization: Normalization::measure(train.len(), 1, picture)?,
            },
        },
        train: Arc::new(Subset::new(learned.clone(), train)),
        valid: Arc::new(Subset::new(learned, valid)),
        test: Arc::new(test),
        // A mirrored digit is another sign; a shifted one is not.
        transforms: vec![Transform::Shift(Shift { pixels: 2 })],
    })
}

/// Gray images of one size with their classes, in bytes.
struct Idx {
    size: [usize; 2],
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Idx {
    fn decompress(images: &[u8], labels: &[u8]) -> Result<Self> {
        let ([count, height, width], pixels) = decompress::<3>(images, IMAGES_MAGIC)?;
        let ([labelled], labels) = decompress::<1>(labels, LABELS_MAGIC)?;
        ensure!(count == labelled, "{count} images have {labelled} labels");
        Ok(Self {
            size: [height, width],
            pixels,
            labels,
        })
    }

    fn picture(&self, index: usize) -> Picture {
        let [height, width] = self.size;
        let pixels = &self.pixels[index * height * width..][..height * width];
        Picture::new(self.size, 1, Values::U8(pixels.to_vec()))
    }
}

impl Source for Idx {
    fn len(&self) -> usize {
        self.labels.len()
    }

    fn name(&self, index: usize) -> String {
        format!("{index:04}")
    }

    fn bytes(&self, _: usize) -> Result<u64> {
        Ok(self.size.iter().product::<usize>() as u64)
    }

    fn get(&self, index: usize) -> Result<Item> {
        Ok(Item {
            name: self.name(index),
            picture: self.picture(index),
            target: Target::Class(usize::from(self.labels[index])),
        })
    }
}

/// The sizes and the bytes of a gzip-compressed IDX file.
fn decompress<const D: usize>(file: &[u8], magic: u32) -> Result<([usize; D], Vec<u8>)> {
    let mut bytes = Vec::new();
    GzDecoder::new(file)
        .read_to_end(&mut bytes)
        .context("the IDX file cannot be decompressed")?;
    let word = |index: usize| -> Result<u32> {
        let word = bytes.get(4 * index..4 * index + 4);
        let word = word.context("the IDX file ends in its header")?;
        Ok(u32::from_be_bytes(word.try_into()?))
    };
    ensure!(word(0)? == magic, "not an IDX file of this kind");
    let mut sizes = [0; D];
    for (dim, size) in sizes.iter_mut().enumerate() {
        *size = word(dim + 1)? as usize;
    }
    let body = bytes.split_off(4 * (D + 1));
    ensure!(
        body.len() == sizes.iter().product::<usize>(),
        "the IDX file has {} values where its header says {sizes:?}",
        body.len()
    );
    Ok((sizes, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_there_as_often() {
        let test = Idx::decompress(TEST_IMAGES, TEST_LABELS).expect("embedded");
        assert_eq!(test.size, [28, 28]);
        for digit in 0..10 {
            let count = test.labels.iter().filter(|&&label| label == digit);
            assert_eq!(count.count(), 100, "{digit}");
        }
    }

    /// The values that the release before this one measured, one after the other.
    #[test]
    fn the_scale_is_what_it_always_was() {
        let data = mnist_mini(1).expect("embedded");
        let Normalization::DataSet { mean, deviation } = data.problem.preprocessing.normalization
        else {
            panic!("measured");
        };
        assert_eq!((mean, deviation), (vec![0.131_242_38], vec![0.308_594_52]));
    }
}
