//! What is done to every image before a network sees it: a value that travels with the weights.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::image_file::read_as;
use super::mask::{IGNORED, Mask};
use super::normalization::Normalization;
use super::pages::Pages;
use super::picture::Picture;
use super::resizing::{Fitted, Interpolation, Resizing};
use super::source::{Item, Target};
use super::tiles::Tiles;

/// What is done to every image before a network sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    /// 1: seen in gray; 3: in red, green and blue; others: of images that have as many.
    pub channels: usize,
    /// Height and width that images are brought to; none: each keeps its own.
    pub size: Option<[usize; 2]>,
    /// How they come to that size.
    #[serde(default)]
    pub resizing: Resizing,
    /// How pixels are interpolated on the way.
    #[serde(default, skip_serializing_if = "Interpolation::is_default")]
    pub interpolation: Interpolation,
    /// How pixels are brought to a common scale.
    pub normalization: Normalization,
    /// What the pages of an image's file are.
    #[serde(default, skip_serializing_if = "Pages::is_first")]
    pub pages: Pages,
}

impl Preprocessing {
    /// Checks values that somebody may have written.
    ///
    /// # Errors
    /// If one is out of its range.
    pub fn check(&self) -> Result<()> {
        ensure!(self.channels > 0, "channels = 0: must be at least 1");
        if let Some([height, width]) = self.size {
            ensure!(
                height > 0 && width > 0,
                "size = {height}x{width}: must be at least 1x1"
            );
        }
        self.resizing.check()?;
        self.tiles().map_or(Ok(()), |tiles| tiles.check())?;
        if let Normalization::DataSet { mean, deviation } = &self.normalization {
            ensure!(
                mean.len() == self.channels && deviation.len() == self.channels,
                "the normalization has {} means and {} deviations for {} channels: must be one for \
                 each",
                mean.len(),
                deviation.len(),
                self.channels
            );
            ensure!(
                deviation.iter().all(|deviation| *deviation > 0.0),
                "the normalization has the deviations {deviation:?}: must be above 0"
            );
        }
        Ok(())
    }

    /// The tiles in which images are seen; none: as a whole.
    pub fn tiles(&self) -> Option<Tiles> {
        match (self.resizing, self.size) {
            (Resizing::Tiles { overlap }, Some(size)) => Some(Tiles { size, overlap }),
            _ => None,
        }
    }

    /// Height and width of what is seen of an image of this height and width, in all of its tiles.
    pub fn seen(&self, own: [usize; 2]) -> [usize; 2] {
        self.fitted(own).window.seen()
    }

    /// Reads an image's file as those that were learned from were read.
    ///
    /// # Errors
    /// If it cannot be read, or has not the channels that were learned.
    pub fn read(&self, path: &Path) -> Result<Picture> {
        let picture = read_as(path, self.pages)?;
        self.check_channels(&picture)
            .with_context(|| format!("the image '{}'", path.display()))?;
        Ok(picture)
    }

    /// # Errors
    /// If a picture can not be seen with as many channels as this has: gray and colours become each
    /// other, others do not.
    pub(super) fn check_channels(&self, picture: &Picture) -> Result<()> {
        let colours = |channels| channels == 1 || channels == 3;
        let (own, wanted) = (picture.channels(), self.channels);
        ensure!(
            own == wanted || colours(own) && colours(wanted),
            "it has {own} channels; what is learned has {wanted}"
        );
        Ok(())
    }

    /// Brings a picture to the size and channels that a network sees.
    pub fn fit(&self, picture: Picture) -> Picture {
        let fitted = self.fitted(picture.size());
        let picture = picture
            .resized_with(fitted.size, self.interpolation)
            .with_channels(self.channels);
        picture.seen_through(&fitted.window)
    }

    /// Brings a picture to size, channels and scale: `[1, channels, height, width]`.
    pub fn tensor(&self, picture: Picture, device: &Device) -> Tensor<4> {
        let picture = self.fit(picture);
        let [height, width] = picture.size();
        let mut values = Vec::with_capacity(self.channels * height * width);
        let scale = self.normalization.scale_of(&picture);
        scale.apply(&picture, &mut values);
        let data = TensorData::new(values, [1, self.channels, height, width]);
        Tensor::from_data(data, device)
    }

    /// Brings a picture and the answer that lies over it to the size that a network sees.
    pub(super) fn fit_item(&self, item: Item) -> Item {
        let own = item.picture.size();
        let Fitted { size, window } = self.fitted(own);
        let target = match item.target {
            Target::Mask(mask) => Target::Mask(mask.resized(size).seen_through(&window, IGNORED)),
            Target::Picture(picture) => {
                Target::Picture(picture.resized(size).seen_through(&window))
            }
            Target::Points(points) => {
                let place =
                    |point: [f32; 2]| {
                        window.point([0, 1].map(|dim| {
                            (point[dim] + 0.5) * size[dim] as f32 / own[dim] as f32 - 0.5
                        }))
                    };
                Target::Points(
                    points
                        .into_iter()
                        .map(|point| point.and_then(place))
                        .collect(),
                )
            }
            other => other,
        };
        Item {
            picture: self.fit(item.picture),
            target,
            ..item
        }
    }

    /// The way back: the classes of what a network saw as those of the image that it was, of size
    /// `own`. Pixels that were not seen are [`IGNORED`].
    pub fn restore(&self, mask: &Mask, own: [usize; 2]) -> Mask {
        let Fitted { size, window } = self.fitted(own);
        let classes = window.place(mask.classes(), size, 1, IGNORED);
        Mask::new(size, classes).resized(own)
    }

    fn fitted(&self, own: [usize; 2]) -> Fitted {
        self.resizing.fitted(own, self.size.unwrap_or(own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::picture::Values;

    fn to_4x4(resizing: Resizing) -> Preprocessing {
        Preprocessing {
            channels: 1,
            size: Some([4, 4]),
            resizing,
            interpolation: Interpolation::Bilinear,
            normalization: Normalization::Image,
            pages: Pages::First,
        }
    }

    fn white(size: [usize; 2]) -> Picture {
        Picture::new(size, 1, Values::U8(vec![255; size[0] * size[1]]))
    }

    #[test]
    fn a_letterbox_shows_all_with_black_around_it() {
        let seen = to_4x4(Resizing::Letterbox).fit(white([4, 8]));
        let rows = [[0; 4], [255; 4], [255; 4], [0; 4]].concat();
        assert_eq!(*seen.values(), Values::U8(rows));
    }

    #[test]
    fn a_covering_picture_loses_its_ends() {
        let values = (0..8).flat_map(|_| [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
        let picture = Picture::new([8, 16], 1, Values::U8(values.collect()));
        let seen = to_4x4(Resizing::Cover).fit(picture);
        let Values::U8(values) = seen.values() else {
            panic!("not bytes");
        };
        assert!(
            values.iter().all(|value| (4..=13).contains(value)),
            "{values:?}"
        );
    }

    #[test]
    fn a_mask_comes_back_where_it_was_seen() {
        let stripes = |size: [usize; 2]| {
            let class = |place: usize| (place % size[1] / 2 % 2) as i32;
            Mask::new(size, (0..size[0] * size[1]).map(class).collect())
        };
        for resizing in [
            Resizing::Stretch,
            Resizing::Letterbox,
            Resizing::Cover,
            Resizing::Crop,
            Resizing::CenterCrop { fraction: 1.0 },
            Resizing::Tiles { overlap: 1 },
        ] {
            let preprocessing = to_4x4(resizing);
            let own = [4, 8];
            let item = preprocessing.fit_item(Item {
                name: String::new(),
                picture: white(own),
                target: Target::Mask(stripes(own)),
            });
            let Target::Mask(seen) = item.target else {
                panic!("a mask stays a mask");
            };
            assert_eq!(seen.size(), item.picture.size());
            let back = preprocessing.restore(&seen, own);
            let own = stripes(own);
            let differs = |(back, own): (&i32, &i32)| *back != IGNORED && back != own;
            assert!(
                !back.classes().iter().zip(own.classes()).any(differs),
                "{resizing:?}"
            );
            let unseen = back.classes().iter().filter(|&&class| class == IGNORED);
            assert_eq!(
                unseen.count(),
                match resizing {
                    Resizing::Cover | Resizing::Crop | Resizing::CenterCrop { .. } => 16,
                    _ => 0,
                }
            );
        }
    }

    #[test]
    fn a_point_stays_at_its_place_in_the_picture() {
        let item = |points| Item {
            name: String::new(),
            picture: white([2, 8]),
            target: Target::Points(points),
        };
        let points = vec![Some([0.5, 3.5]), Some([0.0, 0.0]), None];
        let seen = to_4x4(Resizing::Stretch)
            .fit_item(item(points.clone()))
            .target;
        let expected = vec![Some([1.5, 1.5]), Some([0.5, -0.25]), None];
        assert_eq!(seen, Target::Points(expected));
        let seen = to_4x4(Resizing::Cover).fit_item(item(points)).target;
        assert_eq!(seen, Target::Points(vec![Some([1.5, 1.5]), None, None]));
    }

    #[test]
    fn own_sizes_are_kept_where_none_is_given() {
        let preprocessing = Preprocessing {
            size: None,
            ..to_4x4(Resizing::Stretch)
        };
        let tensor = preprocessing.tensor(white([3, 5]), &Device::flex());
        assert_eq!(tensor.dims(), [1, 1, 3, 5]);
    }

    #[test]
    fn what_was_written_wrong_is_named() {
        let wrong = Preprocessing {
            normalization: Normalization::DataSet {
                mean: vec![0.5],
                deviation: vec![1.0],
            },
            channels: 3,
            ..to_4x4(Resizing::Stretch)
        };
        assert_eq!(
            wrong.check().expect_err("one mean").to_string(),
            "the normalization has 1 means and 1 deviations for 3 channels: must be one for each"
        );
        assert!(to_4x4(Resizing::Stretch).check().is_ok());
    }
}
