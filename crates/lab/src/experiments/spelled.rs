//! Means in tables.

use crate::estimate::mean;

/// The mean of a sample with so many decimals; `none` of an empty one.
pub(super) fn spelled(sample: &[f64], decimals: usize) -> String {
    if sample.is_empty() {
        return "none".to_string();
    }
    let text = format!("{:.decimals$}", mean(sample));
    // What is rounded to zero is not below it.
    match text.strip_prefix('-') {
        Some(rest) if !rest.contains(|digit| matches!(digit, '1'..='9')) => rest.to_string(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rounded_to_zero_has_no_sign() {
        assert_eq!(spelled(&[-0.0004], 3), "0.000");
        assert_eq!(spelled(&[-0.0006], 3), "-0.001");
        assert_eq!(spelled(&[-20.0], 0), "-20");
        assert_eq!(spelled(&[], 3), "none");
    }
}
