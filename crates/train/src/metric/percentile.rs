//! Percentiles.

/// The value below which this part of them lies, as straight between two as it has to be.
///
/// # Panics
/// If there are none.
pub(super) fn percentile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = part * (values.len() - 1) as f64;
    let (below, above) = (
        values[place.floor() as usize],
        values[place.ceil() as usize],
    );
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_lies_between_two_values() {
        assert_eq!(percentile(&mut [4.0, 1.0, 2.0], 0.75), 3.0);
        assert_eq!(percentile(&mut [7.0], 0.95), 7.0);
    }
}
