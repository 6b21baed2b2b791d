//! Items again, of what a network sees.

use super::{Answers, Stack};
use crate::data::mask::{IGNORED, Mask};
use crate::data::normalization::Normalization;
use crate::data::picture::{Picture, Values};
use crate::data::source::{Item, Target};

impl Stack {
    /// Each image with its colours from 0 to 1 again, and its answer: of soft masks the likeliest
    /// classes.
    pub fn into_items(
        self,
        normalization: &Normalization,
        name: impl Fn(usize) -> String,
    ) -> Vec<Item> {
        let [channels, height, width] = self.shape;
        let each = channels * height * width;
        let images = self.pixels.chunks_exact(each);
        let image = |(place, values): (usize, &[f32])| Item {
            name: name(self.indices[place]),
            picture: picture(values, self.shape, |channel| normalization.undone(channel)),
            target: self.answers.one(place),
        };
        images.enumerate().map(image).collect()
    }
}

/// Planes as a picture; of each channel, what is 0 and how far from it 1 is.
fn picture(
    planes: &[f32],
    [channels, height, width]: [usize; 3],
    scale: impl Fn(usize) -> (f32, f32),
) -> Picture {
    let plane = height * width;
    let value = |place: usize| {
        let (pixel, channel) = (place / channels, place % channels);
        let (zero, unit) = scale(channel);
        planes[channel * plane + pixel] * unit + zero
    };
    let values = (0..planes.len()).map(value).collect();
    Picture::new([height, width], channels, Values::F32(values))
}

impl Answers {
    fn one(&self, place: usize) -> Target {
        fn part<T>(all: &[T], place: usize, each: usize) -> &[T] {
            &all[place * each..][..each]
        }
        match self {
            Self::None => Target::None,
            Self::Classes([1, 1], all) => match usize::try_from(all[place]) {
                Ok(class) => Target::Class(class),
                Err(_) => Target::None,
            },
            Self::Classes(size, all) => {
                let classes = part(all, place, size[0] * size[1]);
                Target::Mask(Mask::new(*size, classes.to_vec()))
            }
            Self::Soft([classes, 1, 1], all) => {
                Target::Distribution(part(all, place, *classes).to_vec())
            }
            Self::Soft([classes, height, width], all) => {
                let plane = height * width;
                let parts = part(all, place, classes * plane);
                let likeliest = |pixel: usize| {
                    let of = |class: &usize| parts[class * plane + pixel];
                    let class = (0..*classes).max_by(|a, b| of(a).total_cmp(&of(b)));
                    let class = class.filter(|class| of(class) > 0.0);
                    class.map_or(IGNORED, |class| class as i32)
                };
                Target::Mask(Mask::new(
                    [*height, *width],
                    (0..plane).map(likeliest).collect(),
                ))
            }
            Self::Values([values, 1, 1], all) => Target::Values(part(all, place, *values).to_vec()),
            Self::Values(shape, all) => {
                let planes = part(all, place, shape.iter().product());
                Target::Picture(picture(planes, *shape, |_| (0.0, 1.0)))
            }
            Self::Points([points, each], all) => {
                let point = |point: &[f32]| (point[2] > 0.0).then_some([point[0], point[1]]);
                let own = part(all, place, points * each);
                Target::Points(own.chunks_exact(*each).map(point).collect())
            }
        }
    }
}
