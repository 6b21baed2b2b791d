//! The window of structural similarity.

/// What keeps the quotient of the means finite, for values from 0 to 1.
pub(crate) const C1: f64 = 0.01 * 0.01;
/// The same of the variances.
pub(crate) const C2: f64 = 0.03 * 0.03;

const SIDE: usize = 11;
const DEVIATION: f64 = 1.5;

/// A Gaussian of deviation 1.5 at 11 places, adding up to 1; at the largest odd number of places
/// that a `side` of fewer pixels holds.
pub(crate) fn gaussian(side: usize) -> Vec<f64> {
    let side = SIDE.min(side - (side + 1) % 2);
    let middle = (side / 2) as f64;
    let parts = (0..side).map(|place| {
        let distance = place as f64 - middle;
        (-distance * distance / (2.0 * DEVIATION * DEVIATION)).exp()
    });
    let parts: Vec<f64> = parts.collect();
    let sum: f64 = parts.iter().sum();
    parts.into_iter().map(|part| part / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_picture_has_a_small_window() {
        for (side, expected) in [(1, 1), (2, 1), (3, 3), (10, 9), (11, 11), (64, 11)] {
            let window = gaussian(side);
            assert_eq!(window.len(), expected);
            assert!((window.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
