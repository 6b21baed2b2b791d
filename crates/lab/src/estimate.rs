//! Numbers with how sure they are.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// What stands for a value that is not known.
pub(crate) const NOT_KNOWN: &str = "not known";

/// A value, and between what it lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// The interval's lower end; none: it is not known, as of a single seed.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

impl Estimate {
    /// A value that is not of a sample: it is what it is.
    pub fn exact(value: f64) -> Self {
        Self {
            value,
            low: Some(value),
            high: Some(value),
        }
    }

    /// A value that nothing is known of, as where a network learned nothing that is a number.
    pub(crate) fn unknown() -> Self {
        Self {
            value: f64::NAN,
            low: None,
            high: None,
        }
    }

    /// Whether there is a value.
    pub fn is_known(self) -> bool {
        !self.value.is_nan()
    }

    /// The mean of a sample, with Student's interval: `mean ± t s / sqrt(n)`, with `t` of `n - 1`
    /// degrees of freedom and `s` the sample's deviation.
    ///
    /// # Panics
    /// Panics if the sample is empty.
    pub fn of_mean(sample: &[f64]) -> Self {
        let value = mean(sample);
        let half = (sample.len() > 1).then(|| {
            let freedom = sample.len() as f64 - 1.0;
            let t = StudentsT::new(0.0, 1.0, freedom).expect("some freedom");
            t.inverse_cdf(0.975) * deviation(sample) / (sample.len() as f64).sqrt()
        });
        Self {
            value,
            low: half.map(|half| value - half),
            high: half.map(|half| value + half),
        }
    }

    /// How much more the first of each pair is than the second, on average over pairs: runs of the
    /// same seed see the same images in the same order, so they are compared with each other.
    ///
    /// # Panics
    /// Panics if there are no pairs, or not as many of both.
    pub fn of_difference(first: &[f64], second: &[f64]) -> Self {
        Self::of_mean(&differences(first, second))
    }

    /// How many times as much the first of each pair is as the second: the geometric mean, with the
    /// interval of the logarithms.
    ///
    /// # Panics
    /// As [`Estimate::of_difference`], and of numbers that are not above 0.
    pub fn of_ratio(first: &[f64], second: &[f64]) -> Self {
        let logarithms = |sample: &[f64]| -> Vec<f64> {
            assert!(sample.iter().all(|value| *value > 0.0), "above 0");
            sample.iter().map(|value| value.ln()).collect()
        };
        let difference = Self::of_difference(&logarithms(first), &logarithms(second));
        Self {
            value: difference.value.exp(),
            low: difference.low.map(f64::exp),
            high: difference.high.map(f64::exp),
        }
    }

    /// In words: `8.75 (8.10 to 9.40)`, or the value alone where its interval is not known.
    pub(crate) fn with_interval(self, decimals: usize) -> String {
        let Self { value, low, high } = self;
        match (low, high) {
            _ if !self.is_known() => NOT_KNOWN.to_string(),
            (Some(low), Some(high)) => {
                format!("{value:.decimals$} ({low:.decimals$} to {high:.decimals$})")
            }
            _ => format!("{value:.decimals$}"),
        }
    }
}

/// Parts of one as parts of a hundred.
pub(crate) fn percent(parts: &[f64]) -> Vec<f64> {
    parts.iter().map(|part| 100.0 * part).collect()
}

/// Parts of one as parts of a hundred, place by place.
pub(crate) fn percents(parts: &[Vec<f64>]) -> Vec<Vec<f64>> {
    parts.iter().map(|parts| percent(parts)).collect()
}

/// How much more the first of each pair is than the second.
///
/// # Panics
/// Panics if there are not as many of both.
pub fn differences(first: &[f64], second: &[f64]) -> Vec<f64> {
    assert_eq!(first.len(), second.len(), "as many of both");
    let pairs = first.iter().zip(second);
    pairs.map(|(first, second)| first - second).collect()
}

/// The mean of a sample.
pub fn mean(sample: &[f64]) -> f64 {
    assert!(!sample.is_empty(), "an empty sample has no mean");
    sample.iter().sum::<f64>() / sample.len() as f64
}

/// The deviation of a sample, by `n - 1`.
fn deviation(sample: &[f64]) -> f64 {
    let mean = mean(sample);
    let squares = sample.iter().map(|value| (value - mean).powi(2));
    (squares.sum::<f64>() / (sample.len() as f64 - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_students() {
        // R: t.test(c(1, 2, 4)) gives -1.461... to 6.128...
        let estimate = Estimate::of_mean(&[1.0, 2.0, 4.0]);
        assert!((estimate.value - 7.0 / 3.0).abs() < 1e-12);
        assert!(
            (estimate.low.expect("three") + 1.461_25).abs() < 1e-4,
            "{estimate:?}"
        );
        assert!(
            (estimate.high.expect("three") - 6.127_92).abs() < 1e-4,
            "{estimate:?}"
        );
    }

    #[test]
    fn one_value_has_no_interval() {
        assert_eq!(Estimate::of_mean(&[3.0]).low, None);
        assert_eq!(Estimate::of_mean(&[3.0]).with_interval(1), "3.0");
    }

    #[test]
    fn an_interval_stands_beside_its_value() {
        let words = Estimate::of_mean(&[1.0, 2.0, 4.0]).with_interval(2);
        assert_eq!(words, "2.33 (-1.46 to 6.13)");
        let lost = Estimate::of_mean(&[1.0, f64::NAN]);
        assert_eq!(lost.with_interval(2), "not known");
    }

    #[test]
    fn pairs_are_compared_with_each_other() {
        let difference = Estimate::of_difference(&[1.0, 11.0], &[0.0, 10.0]);
        assert_eq!(difference, Estimate::exact(1.0));
        let ratio = Estimate::of_ratio(&[2.0, 20.0], &[1.0, 10.0]);
        assert!((ratio.value - 2.0).abs() < 1e-12 && (ratio.high.expect("two") - 2.0).abs() < 1e-9);
    }
}
