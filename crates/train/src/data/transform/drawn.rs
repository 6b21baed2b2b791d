//! What is seen of an image, and how.

use anyhow::{Result, ensure};

use super::Exposed;
use super::canvas::Canvas;
use super::geometry::Geometry;
use crate::data::source::{Item, Target};

/// The class of what comes in from outside of a mask.
const BACKGROUND: i32 = 0;

/// A change of colours, with what was drawn for it.
type Paint = Box<dyn FnOnce(&mut Canvas) + Send>;

/// What a list of transforms has drawn for an image.
pub(in crate::data) struct Drawn {
    pub(super) geometry: Geometry,
    paints: Vec<Paint>,
    /// What becomes of normalised values.
    pub exposed: Exposed,
}

impl Drawn {
    /// An image of this height and width as it is.
    pub(super) fn nothing(size: [usize; 2]) -> Self {
        Self {
            geometry: Geometry::whole(size),
            paints: Vec::new(),
            exposed: Exposed {
                contrast: 1.0,
                brightness: 0.0,
            },
        }
    }

    /// Changes colours, after those that were changed before.
    pub(super) fn paint(&mut self, paint: impl FnOnce(&mut Canvas) + Send + 'static) {
        self.paints.push(Box::new(paint));
    }

    /// Changes an image, and what lies over it; these pairs of points change places in a mirrored one.
    ///
    /// # Errors
    /// If the answer has not the image's size.
    ///
    /// # Panics
    /// If there is no point of a place.
    pub fn apply(self, item: Item, mirrored: &[[usize; 2]]) -> Result<Item> {
        let view = self.geometry.view();
        let size = item.picture.size();
        let same = |what: &str, own: [usize; 2]| {
            ensure!(
                own == size,
                "the {what} of '{}' is {}x{}, its image {}x{}: both must have one height and width",
                item.name,
                own[0],
                own[1],
                size[0],
                size[1]
            );
            Ok(())
        };
        let target = match item.target {
            Target::Mask(mask) => {
                same("mask", mask.size())?;
                Target::Mask(view.mask(mask, BACKGROUND))
            }
            Target::Picture(picture) => {
                same("target", picture.size())?;
                Target::Picture(view.picture(picture))
            }
            Target::Points(points) => {
                let place = |point: Option<[f32; 2]>| self.geometry.point(point?);
                let mut points: Vec<_> = points.into_iter().map(place).collect();
                if self.geometry.mirrors() {
                    for &[left, right] in mirrored {
                        points.swap(left, right);
                    }
                }
                Target::Points(points)
            }
            other => other,
        };
        let mut picture = view.picture(item.picture);
        if !self.paints.is_empty() {
            let mut canvas = Canvas::new(&picture);
            for paint in self.paints {
                paint(&mut canvas);
            }
            picture = canvas.into_picture();
        }
        Ok(Item {
            picture,
            target,
            name: item.name,
        })
    }
}
