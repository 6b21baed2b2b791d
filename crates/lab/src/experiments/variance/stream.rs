//! The stream that passes all blocks, and what each adds to it.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use skip_blocks::seam::Seen;

use crate::{Start, first_batch};

/// Images that the variance is taken over.
pub(super) const IMAGES: usize = 64;

/// Variances along a network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stream {
    /// Of what comes in, and of what each block gives.
    pub after: Vec<f64>,
    /// Of what each block's branch adds.
    pub branch: Vec<f64>,
}

impl Stream {
    /// That of a network as it starts.
    ///
    /// # Errors
    /// If there are no images, or the network has no stages of blocks.
    pub fn of(start: &Start) -> Result<Self> {
        let images = first_batch(&start.data, IMAGES, &start.device)?.images;
        let seam = start.model.seam(&start.config);
        // A `*` for the blocks would keep the maps of all layers in them, too.
        let is_block =
            |path: &String| path.starts_with("stages.") && path.matches('.').count() == 3;
        let blocks: Vec<_> = seam.paths().into_iter().filter(is_block).collect();
        let seam = seam.watch("stem.conv")?.watch("stages.*.branch")?;
        let seam = blocks
            .iter()
            .try_fold(seam, |seam, path| seam.watch(path))?;
        let (_, record) = seam.run(|| start.model.forward(images));
        let variance = |seen: &Seen| seen.deviation().powi(2);
        let (branch, after): (Vec<_>, Vec<_>) = record
            .seen()
            .iter()
            .partition(|seen| seen.path().ends_with(".branch"));
        Ok(Self {
            after: after.into_iter().map(variance).collect(),
            branch: branch.into_iter().map(variance).collect(),
        })
    }

    /// The binary logarithm of the growth per block, from after one block to after another.
    pub fn growth(&self, from: usize, to: usize) -> f64 {
        (self.after[to] / self.after[from]).log2() / (to - from) as f64
    }

    /// The power of the number of blocks with which it grows in the later half of so many.
    pub fn power(&self, blocks: usize) -> f64 {
        let half = blocks / 2;
        let growth = self.after[blocks] / self.after[half];
        growth.ln() / (blocks as f64 / half as f64).ln()
    }

    /// The share of the branch in the variance of what a block gives, by its number from 1.
    pub fn share(&self, block: usize) -> f64 {
        self.branch[block - 1] / self.after[block]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use serde_json::json;
    use train::Recipe;

    fn stream(model: &str) -> Stream {
        let recipe = Recipe::with(json!({
            "data": {"path": "mnist-mini", "limit": 20},
            "model": {"name": model, "encoder": {"blocks": [2, 3], "width": 4}},
        }));
        let start = Start::new(recipe.expect("a recipe"), &Device::flex());
        Stream::of(&start.expect("a network")).expect("a stream")
    }

    #[test]
    fn all_blocks_are_seen_and_what_comes_in() {
        let Stream { after, branch } = stream("preact_resnet110");
        assert_eq!((after.len(), branch.len()), (6, 5));
        assert!(after.iter().chain(&branch).all(|variance| *variance > 0.0));
    }

    #[test]
    fn branches_that_start_at_zero_leave_the_stream_as_it_is() {
        let Stream { after, branch } = stream("skipinit_resnet110");
        assert_eq!(branch, [0.0; 5]);
        assert_eq!(after[..3], [after[0]; 3]);
        // Half of the channels are zeros then.
        assert!(after[3] < 0.8 * after[2]);
    }

    #[test]
    fn a_power_of_the_number_of_blocks_is_found() {
        let after = (0..=9).map(|block| f64::from(block).powf(1.5)).collect();
        let branch = Vec::new();
        assert!((Stream { after, branch }.power(9) - 1.5).abs() < 1e-9);
    }
}
