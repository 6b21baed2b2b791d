//! Whole batches, mixed.

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::range::check;
use super::{Change, Drawn, Transform};
use crate::data::random::beta;

/// Lays another image of the batch over each, and their answers in the same parts:
/// `l x_i + (1 - l) x_j`, with one `l` a batch from a Beta distribution with both parameters
/// `alpha`. "mixup: Beyond Empirical Risk Minimization" (Zhang et al. 2018).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mixup {
    /// 0.01 to 10: low, and one image is hardly to be seen; high, and both are half.
    pub alpha: f32,
    /// How many of the batches are mixed, 0 to 1.
    pub probability: f32,
}

impl Default for Mixup {
    fn default() -> Self {
        Self {
            alpha: 0.2,
            probability: 1.0,
        }
    }
}

/// Puts a rectangle of another image of the batch into each. A class becomes as much of the other
/// image's as the rectangle's part of the area; masks and pictures are cut as the images are.
/// "CutMix: Regularization Strategy to Train Strong Classifiers" (Yun et al. 2019).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CutMix {
    /// 0.01 to 10: the part that stays is from a Beta distribution with this for both parameters.
    pub alpha: f32,
    /// How many of the batches are mixed, 0 to 1.
    pub probability: f32,
}

impl Default for CutMix {
    fn default() -> Self {
        Self {
            alpha: 1.0,
            probability: 1.0,
        }
    }
}

/// What is done to a batch of images.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) enum Mixing {
    /// Each image with so much of it, and the rest of the other's.
    Over { others: Vec<usize>, own: f32 },
    /// The rows and columns from `start` on, of a height and width, from the other's.
    Cut {
        others: Vec<usize>,
        start: [usize; 2],
        size: [usize; 2],
    },
}

impl Mixing {
    /// Draws what is done to a batch of so many images of this height and width; none: nothing. Of
    /// several kinds in a list one is drawn.
    pub fn draw(
        transforms: &[Transform],
        count: usize,
        size: [usize; 2],
        random: &mut StdRng,
    ) -> Option<Self> {
        let kinds: Vec<_> = transforms.iter().filter(|own| own.mixes()).collect();
        if kinds.is_empty() {
            return None;
        }
        let kind = kinds[random.random_range(0..kinds.len())];
        let mut others: Vec<usize> = (0..count).collect();
        others.shuffle(random);
        match kind {
            Transform::Mixup(mixup) => {
                let own = beta(mixup.alpha, random);
                let done = random.random::<f32>() < mixup.probability;
                done.then_some(Self::Over { others, own })
            }
            Transform::CutMix(cut) => {
                let own = beta(cut.alpha, random);
                let done = random.random::<f32>() < cut.probability;
                // A rectangle of the image's form, its middle anywhere, cut off at the edges.
                let side = (1.0 - own).sqrt();
                let along = |full: usize, random: &mut StdRng| {
                    let half = (side * full as f32 / 2.0).round() as usize;
                    let middle = random.random_range(0..full);
                    let start = middle.saturating_sub(half);
                    (start, (middle + half).min(full) - start)
                };
                let (top, height) = along(size[0], random);
                let (left, width) = along(size[1], random);
                done.then_some(Self::Cut {
                    others,
                    start: [top, left],
                    size: [height, width],
                })
            }
            _ => None,
        }
    }
}

impl Transform {
    /// Whether it is done to whole batches.
    pub(in crate::data) fn mixes(&self) -> bool {
        matches!(self, Self::Mixup(_) | Self::CutMix(_))
    }
}

impl Change for Mixup {
    fn draw(&self, _: &mut Drawn, _: &mut StdRng) {}

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("mixup.alpha", self.alpha, 0.01..=10.0)?;
        check("mixup.probability", self.probability, 0.0..=1.0)?;
        Ok(size)
    }
}

impl Change for CutMix {
    fn draw(&self, _: &mut Drawn, _: &mut StdRng) {}

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("cutmix.alpha", self.alpha, 0.01..=10.0)?;
        check("cutmix.probability", self.probability, 0.0..=1.0)?;
        Ok(size)
    }
}
