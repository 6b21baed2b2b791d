//! How far values are from the truth.

use serde::{Deserialize, Serialize};

use super::seen::Image;
use super::tally::{Mean, Tally};

/// Means over all values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Errors {
    absolute: Mean,
    square: Mean,
}

impl Tally for Errors {
    fn of(image: &Image<'_>) -> Self {
        let mut errors = Self::default();
        for (predicted, truth) in image.values.predicted.iter().zip(image.values.truth) {
            let error = f64::from(*predicted) - f64::from(*truth);
            errors.absolute.push(error.abs());
            errors.square.push(error * error);
        }
        errors
    }

    fn add(&mut self, other: &Self, times: u64) {
        self.absolute.add(&other.absolute, times);
        self.square.add(&other.square, times);
    }
}

impl Errors {
    pub fn mae(&self) -> f64 {
        self.absolute.value()
    }

    pub fn rmse(&self) -> f64 {
        self.square.value().sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_averaged_over_all_values() {
        let mut errors = Errors::default();
        for (predicted, truth) in [(&[1.0, 2.0][..], &[2.0, 5.0][..]), (&[0.0], &[2.0])] {
            let dims = [1, 1, truth.len()];
            let image = Image::of_values(dims, predicted, truth);
            errors.add(&Errors::of(&image), 1);
        }
        assert_eq!(errors.mae(), 2.0);
        assert_eq!(errors.rmse(), (14.0_f64 / 3.0).sqrt());
    }
}
