//! `nuclei-mini`: which pixels are part of a nucleus.

use std::sync::Arc;

use anyhow::Result;
use models::Task;

use super::{Nuclei, SIZE, by_split};
use crate::data::assemble::shared_out;
use crate::data::collection::Collection;
use crate::data::mask_values::MaskValues;
use crate::data::normalization::Normalization;
use crate::data::pages::Pages;
use crate::data::preprocessing::Preprocessing;
use crate::data::resizing::{Interpolation, Resizing};
use crate::data::settings::Data;
use crate::data::share::share;
use crate::data::source::{Item, Kept, Source, Target};
use crate::data::transform::{Crop, Exposure, Transform};
use crate::data::{DataSet, Problem};

/// Background and nucleus.
pub(in crate::data) fn nuclei_mini(settings: &Data, seed: u64) -> Result<DataSet> {
    let (source, known) = by_split(kept);
    let collection = Collection {
        origin: "'nuclei-mini'".to_string(),
        source,
        known,
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
            // The images' brightness differs tenfold, and so does that of nuclei in one image.
            normalization: Normalization::ImageRoot,
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

fn kept(nuclei: Nuclei) -> Arc<dyn Source> {
    Arc::new(Kept::new(nuclei))
}

impl Source for Nuclei {
    fn len(&self) -> usize {
        self.names.len()
    }

    fn name(&self, index: usize) -> String {
        self.names[index].clone()
    }

    fn bytes(&self, index: usize) -> Result<u64> {
        Nuclei::bytes(self, index)
    }

    fn get(&self, index: usize) -> Result<Item> {
        Ok(Item {
            name: self.name(index),
            picture: Nuclei::picture(self, index)?,
            target: Target::Mask(self.mask(index)?),
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
