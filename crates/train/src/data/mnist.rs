//! The embedded digits: a part of MNIST, in its own IDX format.

use std::sync::Arc;

use anyhow::Result;
use flate2::read::GzDecoder;
use models::Task;

use super::DataSet;
use super::assemble::assemble;
use super::collection::{Collection, Part};
use super::idx;
use super::joined::Joined;
use super::settings::Data;
use super::source::Source;
use super::transform::{Shift, Transform};

const TRAIN_IMAGES: &[u8] = include_bytes!("../../data/mnist-mini/train-images-idx3-ubyte.gz");
const TRAIN_LABELS: &[u8] = include_bytes!("../../data/mnist-mini/train-labels-idx1-ubyte.gz");
const TEST_IMAGES: &[u8] = include_bytes!("../../data/mnist-mini/test-images-idx3-ubyte.gz");
const TEST_LABELS: &[u8] = include_bytes!("../../data/mnist-mini/test-labels-idx1-ubyte.gz");

/// 6,000 images to learn from and 1,000 to test, 28x28, ten digits.
pub(super) fn mnist_mini(settings: &Data, seed: u64) -> Result<DataSet> {
    let parts = [
        (Part::Train, TRAIN_IMAGES, TRAIN_LABELS),
        (Part::Test, TEST_IMAGES, TEST_LABELS),
    ];
    let (mut sources, mut known) = (Vec::<Arc<dyn Source>>::new(), Vec::new());
    for (part, images, labels) in parts {
        let arrays = idx::parse(GzDecoder::new(images), GzDecoder::new(labels), "")?;
        known.extend(arrays.known(part));
        sources.push(Arc::new(arrays));
    }
    let collection = Collection {
        origin: "'mnist-mini'".to_string(),
        source: Arc::new(Joined::new(sources)),
        known,
        task: Task::Classification,
        classes: (0..10).map(|digit| digit.to_string()).collect(),
        mask_values: None,
        mirrors: false,
    };
    // They are taken as they are.
    let settings = Data {
        size: None,
        ..settings.clone()
    };
    Ok(DataSet {
        // A mirrored digit is another sign; a shifted one is not.
        transforms: vec![Transform::Shift(Shift { pixels: 2 })],
        ..assemble(collection, &settings, seed)?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::normalization::Normalization;
    use crate::data::source::Target;

    fn loaded() -> DataSet {
        mnist_mini(&Data::of("mnist-mini"), 1).expect("embedded")
    }

    #[test]
    fn every_digit_is_there_as_often() {
        let test = loaded().test;
        let mut counts = [0; 10];
        for index in 0..test.len() {
            let item = test.get(index).expect("in memory");
            assert_eq!(item.picture.size(), [28, 28]);
            let Target::Class(digit) = item.target else {
                panic!("a digit");
            };
            counts[digit] += 1;
        }
        assert_eq!(counts, [100; 10]);
    }

    /// The values that the first release measured, one after the other.
    #[test]
    fn the_scale_is_what_it_always_was() {
        let Normalization::DataSet { mean, deviation } =
            loaded().problem.preprocessing.normalization
        else {
            panic!("measured");
        };
        assert_eq!((mean, deviation), (vec![0.131_242_38], vec![0.308_594_52]));
    }
}
