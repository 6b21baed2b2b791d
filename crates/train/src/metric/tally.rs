//! What metrics keep of images.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::seen::Image;

/// Numbers that add up over images. A metric is read from their sum: that of an epoch, of a test, or
/// of images that were drawn again. Written and read, they are the same to the bit.
pub(super) trait Tally: Clone + Default + Send + Serialize + DeserializeOwned {
    /// Whether it looks at [`Image::scores`].
    const SCORES: bool = false;

    /// Of one image.
    fn of(image: &Image<'_>) -> Self;

    /// Adds what was kept of other images, so many times.
    fn add(&mut self, other: &Self, times: u64);
}

/// A sum of numbers, and how many they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Mean {
    #[serde(with = "bits")]
    pub sum: f64,
    pub count: u64,
}

impl Mean {
    /// Takes a number in.
    pub fn push(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    /// Adds other numbers, so many times.
    pub fn add(&mut self, other: &Self, times: u64) {
        self.sum += other.sum * times as f64;
        self.count += other.count * times;
    }

    /// Not a number before the first.
    pub fn value(&self) -> f64 {
        self.sum / self.count as f64
    }
}

impl FromIterator<f64> for Mean {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut mean = Self::default();
        values.into_iter().for_each(|value| mean.push(value));
        mean
    }
}

/// A sum as the bits that it has: as decimals it would lose some, and JSON has no word for what is
/// not a number.
mod bits {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.to_bits())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        u64::deserialize(deserializer).map(f64::from_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_read_as_it_was_written() {
        let again = |sum| {
            let text = serde_json::to_string(&Mean { sum, count: 1 }).expect("writes");
            serde_json::from_str::<Mean>(&text).expect("reads").sum
        };
        for sum in [0.1 + 0.2, -0.0, f64::MIN_POSITIVE / 3.0, f64::INFINITY] {
            assert_eq!(again(sum).to_bits(), sum.to_bits());
        }
        assert!(again(f64::NAN).is_nan());
    }
}
