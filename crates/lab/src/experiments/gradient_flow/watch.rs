//! Watches the gradients of a network's parts while it learns.

use anyhow::{Context, Result};
use burn::module::Module;
use serde_json::{Value, json};
use skip_blocks::seam::fits;
use train::data::Batch;
use train::{Look, Recipe, data};

use super::nets::Net;
use crate::{PartSeen, Watcher, first_batch, parts_seen};

/// Sees the gradients of all parts of a pattern, always for the same images, at the start, so many
/// times in training, and after it.
pub(super) struct Gradients {
    recipe: Recipe,
    net: Net,
    looks: usize,
    batch: Option<Batch>,
}

impl Gradients {
    pub fn new(net: Net, recipe: &Value, seed: u64, looks: usize) -> Result<Self> {
        let recipe = Recipe::with(recipe.clone())?;
        Ok(Self {
            recipe: recipe.changed(json!({"run": {"seed": seed}}))?,
            net,
            looks,
            batch: None,
        })
    }
}

/// Whether a pattern means a part itself, and not what stands in it.
fn means(pattern: &str, path: &str) -> bool {
    let depth = |path: &str| path.matches('.').count();
    fits(pattern, path) && depth(pattern) == depth(path)
}

impl Watcher for Gradients {
    type Seen = Vec<PartSeen>;

    fn key(&self) -> Value {
        let Self { net, looks, .. } = self;
        json!({"gradients": net.parts(), "looks": looks, "images": net.images()})
    }

    fn look(&mut self, network: Look<'_>) -> Result<Option<Vec<PartSeen>>> {
        let steps = network.steps_per_epoch * self.recipe.run.epochs;
        if !network.steps.is_multiple_of((steps / self.looks).max(1)) {
            return Ok(None);
        }
        // A copy with running statistics of its own: those of the network stay as they are.
        let model = network.model.valid().train();
        let batch = match &self.batch {
            Some(batch) => batch.clone(),
            None => {
                let data = data::load(&self.recipe.data, self.recipe.run.seed)?;
                let devices = model.devices();
                let device = devices.first().context("a network without parameters")?;
                self.batch
                    .insert(first_batch(&data, self.net.images(), device)?)
                    .clone()
            }
        };
        let (loss, parts) = (&self.recipe.loss, self.net.parts());
        let mut seen = parts_seen(&model, network.config, loss, batch, parts)?;
        seen.retain(|part| means(parts, &part.path));
        Ok(Some(seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_parts_and_not_what_stands_in_them() {
        let means = |path| means("stages.*.blocks.*", path);
        assert!(means("stages.0.blocks.12"));
        assert!(!means("stages.0.blocks.12.conv1"));
        assert!(!means("stages.0.downsample.1"));
    }
}
