//! How far values are from the truth.

use serde::{Deserialize, Serialize};

use super::seen::Image;
use super::tally::{Mean, Tally};

/// What pictures that are the same to the last bit are taken to differ by: 100 dB.
const LEAST: f64 = 1e-10;

/// Means over all values, and one over images.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Errors {
    absolute: Mean,
    square: Mean,
    /// Of pictures; values of whole images have none.
    psnr: Mean,
}

impl Tally for Errors {
    fn of(image: &Image<'_>) -> Self {
        let mut errors = Self::default();
        for (predicted, truth) in image.values.predicted.iter().zip(image.values.truth) {
            let error = f64::from(*predicted) - f64::from(*truth);
            errors.absolute.push(error.abs());
            errors.square.push(error * error);
        }
        let [_, height, width] = image.dims;
        if height * width > 1 {
            let square = errors.square.value().max(LEAST);
            errors.psnr.push(-10.0 * square.log10());
        }
        errors
    }

    fn add(&mut self, other: &Self, times: u64) {
        self.absolute.add(&other.absolute, times);
        self.square.add(&other.square, times);
        self.psnr.add(&other.psnr, times);
    }
}

impl Errors {
    pub fn mae(&self) -> f64 {
        self.absolute.value()
    }

    pub fn rmse(&self) -> f64 {
        self.square.value().sqrt()
    }

    pub fn psnr(&self) -> f64 {
        self.psnr.value()
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

    #[test]
    fn a_sixteenth_is_twelve_decibels() {
        let image = Image::of_values([1, 1, 2], &[0.5, 0.5], &[0.25, 0.75]);
        assert!((Errors::of(&image).psnr() - 10.0 * 16.0_f64.log10()).abs() < 1e-12);
        let image = Image::of_values([1, 1, 2], &[0.5, 0.5], &[0.5, 0.5]);
        assert_eq!(Errors::of(&image).psnr(), 100.0);
        let image = Image::of_values([2, 1, 1], &[0.5, 0.5], &[0.25, 0.75]);
        assert!(Errors::of(&image).psnr().is_nan());
    }
}
