//! `nuclei-noisy`: the nuclei under noise, to be cleaned of it.

use std::sync::Arc;

use anyhow::Result;
use models::Task;

use super::{Nuclei, by_split};
use crate::data::DataSet;
use crate::data::assemble::assemble;
use crate::data::collection::Collection;
use crate::data::normalization::Normalization;
use crate::data::picture::{Picture, Values};
use crate::data::random::{generator, normal};
use crate::data::resizing::Resizing;
use crate::data::settings::Data;
use crate::data::source::{Item, Kept, Source, Target};
use crate::data::transform::{Crop, Transform};

/// The noise's standard deviation, of images whose range is 0 to 1: their PSNR is 20 dB.
const DEVIATION: f32 = 0.1;

/// In the place of a seed: the same image has the same noise in every run.
const SEED: u64 = 0x006e_6f69_7365;

/// Each image, from its 1st to its 99.5th percentile, with white noise of a standard deviation of
/// 0.1, `y = x + 0.1 n`, `n ~ N(0, 1)`; and without.
pub(in crate::data) fn nuclei_noisy(settings: &Data, seed: u64) -> Result<DataSet> {
    let (source, known) = by_split(noisy);
    let collection = Collection {
        origin: "'nuclei-noisy'".to_string(),
        source,
        known,
        task: Task::Regression,
        classes: vec!["gray".into()],
        mask_values: None,
        mirrors: true,
    };
    // Noise is noise at one scale only: larger images are seen in parts.
    let tiles = Resizing::Tiles { overlap: 32 };
    let settings = Data {
        fit: settings.fit.or(Some(tiles)),
        ..settings.clone()
    };
    Ok(DataSet {
        transforms: vec![
            Transform::Crop(Crop { size: 128 }),
            Transform::FlipHorizontal,
            Transform::FlipVertical,
            Transform::Transpose,
        ],
        ..assemble(collection, &settings, seed)?
    })
}

fn noisy(nuclei: Nuclei) -> Arc<dyn Source> {
    Arc::new(Kept::new(Noisy(nuclei)))
}

struct Noisy(Nuclei);

impl Source for Noisy {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn name(&self, index: usize) -> String {
        self.0.name(index)
    }

    fn bytes(&self, index: usize) -> Result<u64> {
        Nuclei::bytes(&self.0, index)
    }

    fn get(&self, index: usize) -> Result<Item> {
        let picture = Nuclei::picture(&self.0, index)?;
        // From -1 to 1 there.
        let mut clean = Vec::new();
        Normalization::Image
            .scale_of(&picture)
            .apply(&picture, &mut clean);
        clean
            .iter_mut()
            .for_each(|value| *value = (*value + 1.0) / 2.0);
        let split = u64::from(self.0.split == "test");
        let mut random = generator(SEED, split, index as u64);
        let noisy = clean
            .iter()
            .map(|value| value + DEVIATION * normal(&mut random));
        let noisy = Values::F32(noisy.collect());
        Ok(Item {
            name: self.name(index),
            target: Target::Picture(Picture::new(picture.size(), 1, Values::F32(clean))),
            picture: Picture::new(picture.size(), 1, noisy),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_has_the_deviation_that_is_said_and_is_always_the_same() {
        let noisy = Noisy(Nuclei::list("test"));
        let item = noisy.get(3).expect("embedded");
        let Target::Picture(clean) = &item.target else {
            panic!("a picture");
        };
        let pairs = item.picture.plane(0).into_iter().zip(clean.plane(0));
        let squares: f64 = pairs.map(|(y, x)| f64::from(y - x).powi(2)).sum();
        let deviation = (squares / f64::from(256 * 256)).sqrt();
        assert!((deviation - 0.1).abs() < 0.002, "{deviation}");
        assert_eq!(noisy.get(3).expect("embedded"), item);
    }

    #[test]
    fn no_two_images_have_the_same_noise() {
        let noise = |split, index| {
            let item = Noisy(Nuclei::list(split)).get(index).expect("embedded");
            let Target::Picture(clean) = &item.target else {
                panic!("a picture");
            };
            let pairs = item.picture.plane(0).into_iter().zip(clean.plane(0));
            pairs.map(|(y, x)| y - x).collect::<Vec<_>>()
        };
        let all = [noise("train", 0), noise("train", 1), noise("test", 0)];
        for [a, b] in [[0, 1], [0, 2], [1, 2]] {
            let products: f32 = all[a].iter().zip(&all[b]).map(|(a, b)| a * b).sum();
            let correlation = products / (256.0 * 256.0 * 0.01);
            assert!(correlation.abs() < 0.02, "{correlation}");
        }
    }

    #[test]
    fn what_is_to_be_seen_goes_from_black_to_white() {
        let noisy = Noisy(Nuclei::list("train"));
        let Target::Picture(clean) = noisy.get(0).expect("embedded").target else {
            panic!("a picture");
        };
        let plane = clean.plane(0);
        let inside = plane
            .iter()
            .filter(|value| (0.0..=1.0).contains(*value))
            .count();
        assert!(inside as f64 > 0.97 * plane.len() as f64, "{inside}");
    }
}
