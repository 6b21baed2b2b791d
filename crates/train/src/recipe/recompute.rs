//! What is computed again on the way back.

use anyhow::{Context, Result};
use models::{Model, ModelConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skip_blocks::seam::Seam;

/// What is computed again on the way back instead of being kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Recompute {
    /// All that can be, or nothing.
    All(bool),
    /// Parts, by patterns of their paths, in which `*` stands for anything: `layer1.*`.
    Parts(Vec<String>),
}

impl Default for Recompute {
    fn default() -> Self {
        Self::All(false)
    }
}

impl Recompute {
    /// What a model is run through; none where nothing is computed again.
    ///
    /// # Errors
    /// If there is no part of a pattern.
    pub fn seam(&self, model: &Model, config: &ModelConfig) -> Result<Option<Seam>> {
        let all = ["*".to_string()];
        let patterns = match self {
            Self::All(false) => return Ok(None),
            Self::All(true) => &all[..],
            Self::Parts(patterns) => patterns,
        };
        let seam = patterns
            .iter()
            .try_fold(model.seam(config), |seam, pattern| seam.recompute(pattern));
        Ok(Some(seam.context("run.recompute")?))
    }
}
