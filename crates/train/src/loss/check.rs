//! What terms of a loss check, in the words of the recipe.

use anyhow::{Result, ensure};

/// A term's values, besides its weight.
pub(super) trait Check {
    /// Whether they make sense for so many outputs of each pixel. `path` is the term's place in the
    /// recipe.
    fn check(&self, _path: &str, _channels: usize) -> Result<()> {
        Ok(())
    }
}

/// Weights of classes: one for each, at least 0.
pub(super) fn class_weights(
    path: &str,
    name: &str,
    weights: Option<&Vec<f64>>,
    classes: usize,
) -> Result<()> {
    let Some(weights) = weights else {
        return Ok(());
    };
    ensure!(
        weights.len() == classes,
        "{path}.{name} has {} weights; there are {classes} classes",
        weights.len()
    );
    ensure!(
        weights
            .iter()
            .all(|weight| weight.is_finite() && *weight >= 0.0),
        "{path}.{name} = {weights:?}: must be at least 0"
    );
    Ok(())
}

/// A number that must be above 0.
pub(super) fn above_zero(path: &str, name: &str, value: f64) -> Result<()> {
    ensure!(
        value.is_finite() && value > 0.0,
        "{path}.{name} = {value}: must be above 0"
    );
    Ok(())
}

/// A number that must be 0 or more.
pub(super) fn at_least_zero(path: &str, name: &str, value: f64) -> Result<()> {
    ensure!(
        value.is_finite() && value >= 0.0,
        "{path}.{name} = {value}: must be at least 0"
    );
    Ok(())
}
