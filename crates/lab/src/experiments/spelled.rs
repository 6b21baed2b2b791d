//! Means in tables.

use crate::estimate::mean;

/// The mean of a sample with so many decimals; `none` of an empty one.
pub(super) fn spelled(sample: &[f64], decimals: usize) -> String {
    match sample.is_empty() {
        true => "none".to_string(),
        false => format!("{:.decimals$}", mean(sample)),
    }
}
