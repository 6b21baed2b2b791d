//! A gradient's way back as a chain of factors.

/// What stands for a gradient of 0: the least number above it that 32 bits hold.
const LEAST: f64 = 1.4e-45;

/// By what each part but the first multiplies the gradient's norm on its way back:
/// `g_l / g_(l + 1)`, of the norms of all parts from the image to the answer.
pub(super) fn factors(norms: &[f64]) -> Vec<f64> {
    let pairs = norms.windows(2);
    let powers = pairs.map(|pair| logarithm(pair[0]) - logarithm(pair[1]));
    powers.map(|power| 10f64.powf(power)).collect()
}

/// The logarithm to 10 of the product of all factors: how many orders of magnitude the gradient
/// gains from the last part to the first; below 0, loses.
pub(super) fn gain(norms: &[f64]) -> f64 {
    match norms {
        [first, .., last] => logarithm(*first) - logarithm(*last),
        _ => 0.0,
    }
}

/// The geometric mean of the factors; 1 of a chain without.
pub(super) fn typical(norms: &[f64]) -> f64 {
    let links = norms.len().saturating_sub(1).max(1);
    10f64.powf(gain(norms) / links as f64)
}

/// The logarithm to 10 of a norm.
pub(super) fn logarithm(norm: f64) -> f64 {
    norm.max(LEAST).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_of_the_factors_is_the_first_over_the_last() {
        let norms = [1e-6, 1e-3, 1e-2, 1.0];
        let product: f64 = factors(&norms).iter().product();
        assert!((product - 1e-6).abs() < 1e-12);
        assert!((gain(&norms) + 6.0).abs() < 1e-9);
        assert!((typical(&norms) - 1e-2).abs() < 1e-9);
    }

    #[test]
    fn a_gradient_of_nothing_is_as_small_as_can_be() {
        assert!(gain(&[0.0, 1.0]) < -44.0);
        assert_eq!(gain(&[0.0, 0.0]), 0.0);
        assert_eq!([gain(&[]), typical(&[1.0])], [0.0, 1.0]);
    }
}
