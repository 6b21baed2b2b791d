//! Lists that are applied by chance.

use anyhow::{Context, Result, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::range::check;
use super::{Change, Drawn, Transform, size_after};

/// Applies a list by chance, all of it or nothing of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sometimes {
    /// How often it is applied, 0 to 1.
    pub probability: f32,
    /// The list, which leaves an image's size as it is.
    pub transforms: Vec<Transform>,
}

impl Change for Sometimes {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        if random.random::<f32>() < self.probability {
            for transform in &self.transforms {
                transform.change().draw(drawn, random);
            }
        }
    }

    fn size_after(&self, [height, width]: [usize; 2]) -> Result<[usize; 2]> {
        check("sometimes.probability", self.probability, 0.0..=1.0)?;
        let [rows, columns] = size_after(&self.transforms, [height, width]).context("sometimes")?;
        ensure!(
            [rows, columns] == [height, width],
            "sometimes: it makes {rows}x{columns} of an image of {height}x{width}; the size must \
             not depend on chance"
        );
        let mixes = |transform: &&Transform| transform.mixes();
        ensure!(
            !self.transforms.iter().any(|transform| mixes(&transform)),
            "sometimes: mixing is done to whole batches; give mixup and cutmix a probability of \
             their own"
        );
        Ok([height, width])
    }
}
