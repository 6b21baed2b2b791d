//! Structural similarity of pictures.

use serde::{Deserialize, Serialize};

use super::seen::Image;
use super::tally::{Mean, Tally};
use crate::gaussian::{C1, C2, gaussian};

/// The mean over images; of an image the mean over channels and places. Values of whole images have
/// none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Similarity {
    ssim: Mean,
}

impl Tally for Similarity {
    fn of(image: &Image<'_>) -> Self {
        let [_, height, width] = image.dims;
        if height * width == 1 {
            return Self::default();
        }
        let predicted = image.values.predicted.chunks(height * width);
        let planes = predicted.zip(image.values.truth.chunks(height * width));
        let channels: Mean = planes.flat_map(|(x, t)| ssim(x, t, width)).collect();
        Self {
            ssim: (channels.count > 0)
                .then(|| channels.value())
                .into_iter()
                .collect(),
        }
    }

    fn add(&mut self, other: &Self, times: u64) {
        self.ssim.add(&other.ssim, times);
    }
}

impl Similarity {
    pub fn ssim(&self) -> f64 {
        self.ssim.value()
    }
}

/// At each place where the window is inside.
fn ssim(x: &[f32], t: &[f32], width: usize) -> Vec<f64> {
    let window = gaussian(width.min(x.len() / width));
    let product = |a: &[f32], b: &[f32]| -> Vec<f64> {
        let products = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b));
        blurred(&products.collect::<Vec<_>>(), width, &window)
    };
    let ones = vec![1.0; x.len()];
    let (mean_x, mean_t) = (product(x, &ones), product(t, &ones));
    let (square_x, square_t, both) = (product(x, x), product(t, t), product(x, t));
    let places = 0..mean_x.len();
    let at = |place: usize| {
        let (m_x, m_t) = (mean_x[place], mean_t[place]);
        let (s_x, s_t) = (square_x[place] - m_x * m_x, square_t[place] - m_t * m_t);
        let covariance = both[place] - m_x * m_t;
        (2.0 * m_x * m_t + C1) * (2.0 * covariance + C2)
            / ((m_x * m_x + m_t * m_t + C1) * (s_x + s_t + C2))
    };
    places.map(at).collect()
}

/// The means under the window.
fn blurred(plane: &[f64], width: usize, window: &[f64]) -> Vec<f64> {
    let rows = plane.chunks(width).flat_map(|row| {
        let places = row.windows(window.len());
        places.map(|places| places.iter().zip(window).map(|(x, part)| x * part).sum())
    });
    let rows: Vec<f64> = rows.collect();
    let width = width + 1 - window.len();
    let places = 0..rows.len() + width - width * window.len();
    let below = |place: usize| {
        let column = rows[place..].iter().step_by(width);
        column.zip(window).map(|(x, part)| x * part).sum()
    };
    places.map(below).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(size: [usize; 2], predicted: &[f32], truth: &[f32]) -> f64 {
        let dims = [1, size[0], size[1]];
        Similarity::of(&Image::of_values(dims, predicted, truth)).ssim()
    }

    #[test]
    fn a_picture_is_like_itself_and_unlike_its_negative() {
        let picture: Vec<f32> = (0..15 * 13)
            .map(|place| (place * 7 % 11) as f32 / 10.0)
            .collect();
        let negative: Vec<f32> = picture.iter().map(|value| 1.0 - value).collect();
        assert!((of([15, 13], &picture, &picture) - 1.0).abs() < 1e-12);
        assert!(of([15, 13], &picture, &negative) < 0.0);
    }

    #[test]
    fn values_of_whole_images_have_none() {
        assert!(of([1, 1], &[0.5], &[0.5]).is_nan());
    }
}
