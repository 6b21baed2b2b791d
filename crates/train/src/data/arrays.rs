//! Images of one size that lie one after the other in memory.

use anyhow::{Context, Result};

use super::collection::{Known, Part};
use super::header::Header;
use super::mask_values::MaskReading;
use super::picture::{Picture, Values};
use super::source::{Item, Source, Target};

/// Images of one size with their answers.
pub(super) struct Arrays {
    /// What their names begin with.
    pub prefix: String,
    /// Height and width.
    pub size: [usize; 2],
    /// 1 for gray, 3 for colours.
    pub channels: usize,
    /// Whether the channels of an image lie one after the other, and not side by side.
    pub planar: bool,
    /// Image after image.
    pub values: Values,
    pub answers: ArrayAnswers,
}

/// What is to be said of images that lie in memory.
pub(super) enum ArrayAnswers {
    /// The class of each.
    Classes(Vec<usize>),
    /// Masks, one after the other, before they are classes.
    Masks(Vec<u16>, MaskReading),
}

impl Arrays {
    fn each(&self) -> usize {
        self.size[0] * self.size[1] * self.channels
    }

    /// What is known of each image of a part.
    pub fn known(&self, part: Part) -> Vec<Known> {
        let class = |index: usize| match &self.answers {
            ArrayAnswers::Classes(classes) => Some(classes[index]),
            ArrayAnswers::Masks(..) => None,
        };
        let known = |index| Known {
            part: Some(part),
            class: class(index),
            ..Known::default()
        };
        (0..self.len()).map(known).collect()
    }

    fn slice(&self, index: usize) -> Picture {
        let (start, each) = (index * self.each(), self.each());
        let plane = self.size[0] * self.size[1];
        fn side_by_side<T: Copy>(values: &[T], plane: usize) -> Vec<T> {
            let pixels = 0..plane;
            let colours = |pixel| values[pixel..].iter().step_by(plane).copied();
            pixels.flat_map(colours).collect()
        }
        fn image<T: Copy>(values: &[T], plane: Option<usize>) -> Vec<T> {
            match plane {
                Some(plane) => side_by_side(values, plane),
                None => values.to_vec(),
            }
        }
        let plane = (self.planar && self.channels > 1).then_some(plane);
        let values = match &self.values {
            Values::U8(all) => Values::U8(image(&all[start..start + each], plane)),
            Values::U16(all) => Values::U16(image(&all[start..start + each], plane)),
            Values::F32(all) => Values::F32(image(&all[start..start + each], plane)),
        };
        Picture::new(self.size, self.channels, values)
    }
}

impl Source for Arrays {
    fn len(&self) -> usize {
        match &self.answers {
            ArrayAnswers::Classes(classes) => classes.len(),
            ArrayAnswers::Masks(values, _) => values.len() / (self.size[0] * self.size[1]).max(1),
        }
    }

    fn name(&self, index: usize) -> String {
        format!("{}{index:04}", self.prefix)
    }

    fn bytes(&self, _: usize) -> Result<u64> {
        let each = match self.values {
            Values::U8(_) => 1,
            Values::U16(_) => 2,
            Values::F32(_) => 4,
        };
        Ok((each * self.each()) as u64)
    }

    fn answer(&self, index: usize) -> Result<Vec<u8>> {
        Ok(match &self.answers {
            ArrayAnswers::Classes(classes) => classes[index].to_le_bytes().to_vec(),
            ArrayAnswers::Masks(values, _) => {
                let each = self.size[0] * self.size[1];
                let own = &values[index * each..][..each];
                own.iter().flat_map(|value| value.to_le_bytes()).collect()
            }
        })
    }

    fn header(&self, _: usize) -> Result<Header> {
        Ok(Header {
            size: self.size,
            channels: self.channels,
        })
    }

    fn picture(&self, index: usize) -> Result<Picture> {
        Ok(self.slice(index))
    }

    fn get(&self, index: usize) -> Result<Item> {
        let target = match &self.answers {
            ArrayAnswers::Classes(classes) => Target::Class(classes[index]),
            ArrayAnswers::Masks(values, reading) => {
                let each = self.size[0] * self.size[1];
                let own = &values[index * each..][..each];
                let mask = reading.mask(self.size, own);
                Target::Mask(mask.with_context(|| format!("in '{}'", self.name(index)))?)
            }
        };
        Ok(Item {
            name: self.name(index),
            picture: self.slice(index),
            target,
        })
    }
}
