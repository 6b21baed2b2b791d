//! Values out of their range.

use std::ops::RangeInclusive;

use anyhow::{Result, ensure};
use rand::RngExt;
use rand::rngs::StdRng;

/// # Errors
/// If a value is not in its range, which a value that is no number never is.
pub(super) fn check(name: &str, value: f32, allowed: RangeInclusive<f32>) -> Result<()> {
    let (low, high) = (allowed.start(), allowed.end());
    ensure!(
        allowed.contains(&value),
        "{name} {value}: must be {low} to {high}"
    );
    Ok(())
}

/// # Errors
/// If a lowest and a highest value are not in their range, or the other way round.
pub(super) fn check_pair(name: &str, pair: [f32; 2], allowed: RangeInclusive<f32>) -> Result<()> {
    let (low, high) = (allowed.start(), allowed.end());
    ensure!(
        pair.iter().all(|value| allowed.contains(value)) && pair[0] <= pair[1],
        "{name} [{}, {}]: must be two rising values of {low} to {high}",
        pair[0],
        pair[1]
    );
    Ok(())
}

/// A value up to `most` from 0, each way.
pub(super) fn either_way(most: f32, random: &mut StdRng) -> f32 {
    random.random_range(-most..=most)
}

/// A value between two, both above 0, such that it is as often so many times the lower as the
/// higher is so many times it.
pub(super) fn by_ratio([low, high]: [f32; 2], random: &mut StdRng) -> f32 {
    let [low, high] = [low, high].map(libm::logf);
    libm::expf(random.random_range(low..=high))
}
