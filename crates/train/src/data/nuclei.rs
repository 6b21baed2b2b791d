//! The embedded nuclei: a part of BBBC038, in the layout of a folder of one's own.

use std::sync::Arc;

use anyhow::{Context, Result};
use models::{ImageSpec, Task};
use rust_embed::RustEmbed;

use super::assemble::shared_out;
use super::collection::{Collection, Known, Part};
use super::image_file::picture_from;
use super::joined::Joined;
use super::mask::{MaskReading, MaskValues};
use super::mask_file::mask_from;
use super::normalization::Normalization;
use super::preprocessing::Preprocessing;
use super::resizing::{Interpolation, Resizing};
use super::settings::{Data, Pages};
use super::share::share;
use super::source::{Item, Kept, Source, Target};
use super::transform::{Crop, Exposure, Transform};
use super::{DataSet, Problem};

#[derive(RustEmbed)]
#[folder = "data/nuclei-mini"]
#[include = "*.png"]
struct Files;

const SIZE: ImageSpec = ImageSpec {
    channels: 1,
    height: 256,
    width: 256,
};

/// 70 images to learn from and 24 to test, 256x256, background and nucleus.
pub(super) fn nuclei_mini(settings: &Data, seed: u64) -> Result<DataSet> {
    let learned: Arc<dyn Source> = Arc::new(Kept::new(Nuclei::list("train")));
    let test: Arc<dyn Source> = Arc::new(Nuclei::list("test"));
    let known = |part, count| {
        let known = Known {
            part: Some(part),
            ..Known::default()
        };
        vec![known; count]
    };
    let collection = Collection {
        origin: "'nuclei-mini'".to_string(),
        known: [
            known(Part::Train, learned.len()),
            known(Part::Test, test.len()),
        ]
        .concat(),
        source: Arc::new(Joined::new(vec![learned, test])),
        task: Task::Segmentation,
        classes: vec!["background".into(), "nucleus".into()],
        mask_values: Some(MaskValues::Binary),
        mirrors: true,
    };
    let problem = Problem {
        task: collection.task,
        image: SIZE,
        classes: collection.classes.clone(),
        mask_values: collection.mask_values.clone(),
        preprocessing: Preprocessing {
            channels: SIZE.channels,
            size: Some([SIZE.height, SIZE.width]),
            resizing: Resizing::Stretch,
            interpolation: Interpolation::Bilinear,
            // The images' brightness differs tenfold.
            normalization: Normalization::Image,
            pages: Pages::First,
        },
    };
    let shared = share(&collection, settings, seed)?;
    Ok(DataSet {
        transforms: vec![
            Transform::Crop(Crop { size: 128 }),
            Transform::FlipHorizontal,
            Transform::FlipVertical,
            Transform::Transpose,
            Transform::Exposure(Exposure {
                contrast: 0.3,
                brightness: 0.2,
            }),
        ],
        ..shared_out(collection, shared, problem, settings)?
    })
}

/// The images of a split, which are embedded as files.
struct Nuclei {
    split: &'static str,
    names: Vec<String>,
}

impl Nuclei {
    fn list(split: &'static str) -> Self {
        let folder = format!("{split}/images/");
        let names = Files::iter().filter_map(|path| {
            let name = path.strip_prefix(&folder)?.strip_suffix(".png")?;
            Some(name.to_string())
        });
        let mut names: Vec<_> = names.collect();
        names.sort();
        Self { split, names }
    }

    fn file(&self, kind: &str, index: usize) -> Result<Vec<u8>> {
        let path = format!("{}/{kind}/{}.png", self.split, self.names[index]);
        let file = Files::get(&path).with_context(|| format!("'{path}' is not embedded"))?;
        Ok(file.data.into_owned())
    }
}

impl Source for Nuclei {
    fn len(&self) -> usize {
        self.names.len()
    }

    fn name(&self, index: usize) -> String {
        self.names[index].clone()
    }

    fn bytes(&self, index: usize) -> Result<u64> {
        Ok(self.file("images", index)?.len() as u64)
    }

    fn get(&self, index: usize) -> Result<Item> {
        let mask = mask_from(&self.file("masks", index)?)?;
        let reading = MaskReading::of(MaskValues::Binary);
        Ok(Item {
            name: self.name(index),
            picture: picture_from(&self.file("images", index)?)?,
            target: Target::Mask(reading.mask(mask.size, &mask.values)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_has_a_mask_with_nuclei() {
        for (split, count) in [("train", 70), ("test", 24)] {
            let nuclei = Nuclei::list(split);
            assert_eq!(nuclei.len(), count);
            for index in 0..count {
                let item = nuclei.get(index).expect("embedded");
                let Target::Mask(mask) = item.target else {
                    panic!("a mask");
                };
                assert_eq!(item.picture.size(), [256, 256]);
                assert_eq!(mask.size(), [256, 256]);
                assert!(mask.classes().contains(&0) && mask.classes().contains(&1));
            }
        }
    }
}
