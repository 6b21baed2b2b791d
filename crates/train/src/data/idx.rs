//! The embedded digits: a part of MNIST, in its own IDX format.

use std::io::Read;

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use models::{ImageSpec, Task};

use super::split::hold_out;
use super::{Augmentation, DataSet, HELD_OUT, Normalization, Problem, Sample, Samples};

const TRAIN_IMAGES: &[u8] = include_bytes!("../../data/mnist-mini/train-images-idx3-ubyte.gz");
const TRAIN_LABELS: &[u8] = include_bytes!("../../data/mnist-mini/train-labels-idx1-ubyte.gz");
const TEST_IMAGES: &[u8] = include_bytes!("../../data/mnist-mini/test-images-idx3-ubyte.gz");
const TEST_LABELS: &[u8] = include_bytes!("../../data/mnist-mini/test-labels-idx1-ubyte.gz");

/// The first bytes of a file of images and of one of labels.
const IMAGES_MAGIC: u32 = 0x0803;
const LABELS_MAGIC: u32 = 0x0801;

/// 6,000 images to learn from and 1,000 to test, 28x28, ten digits.
pub(super) fn mnist_mini(seed: u64) -> Result<DataSet> {
    let (image, train) = read(TRAIN_IMAGES, TRAIN_LABELS)?;
    let (_, test) = read(TEST_IMAGES, TEST_LABELS)?;
    let (train, valid) = hold_out(train, HELD_OUT, seed);
    Ok(DataSet {
        problem: Problem {
            task: Task::Classification,
            image,
            classes: (0..10).map(|digit| digit.to_string()).collect(),
            normalization: Normalization::of_data_set(&train, image.channels),
        },
        train: Samples::new(train),
        valid: Samples::new(valid),
        test: Samples::new(test),
        // A mirrored digit is another sign; a shifted one is not.
        augmentation: Augmentation {
            crop: None,
            shift: 2,
            flip_horizontal: false,
            flip_vertical: false,
            transpose: false,
        },
    })
}

fn read(images: &[u8], labels: &[u8]) -> Result<(ImageSpec, Vec<Sample>)> {
    let ([count, height, width], pixels) = decompress::<3>(images, IMAGES_MAGIC)?;
    let ([labelled], labels) = decompress::<1>(labels, LABELS_MAGIC)?;
    ensure!(count == labelled, "{count} images have {labelled} labels");
    let sample = |(index, (pixels, &label)): (usize, (&[u8], &u8))| Sample {
        name: format!("{index:04}"),
        pixels: pixels
            .iter()
            .map(|&value| f32::from(value) / 255.0)
            .collect(),
        target: vec![i32::from(label)],
    };
    let samples = pixels.chunks(height * width).zip(&labels).enumerate();
    let image = ImageSpec {
        channels: 1,
        height,
        width,
    };
    Ok((image, samples.map(sample).collect()))
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
        let (image, test) = read(TEST_IMAGES, TEST_LABELS).expect("embedded");
        assert_eq!(image.dims(), [1, 28, 28]);
        for digit in 0..10 {
            let count = test.iter().filter(|sample| sample.target == [digit]);
            assert_eq!(count.count(), 100, "{digit}");
        }
    }
}
