//! How pixels are brought to a common scale.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::picture::{Picture, Values, unit_of_u8, unit_of_u16};
use super::survey::survey;
use super::transform::Exposed;

/// How pixels, from 0 to 1, are brought to a common scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Normalization {
    /// `(x - mean) / deviation`, per channel: of the whole training set, or as weights say that a
    /// model starts from.
    DataSet {
        /// Mean of each channel.
        mean: Vec<f32>,
        /// Standard deviation of each channel.
        deviation: Vec<f32>,
    },
    /// `(x - low) / (high - low) * 2 - 1` with the image's own 1st and 99.5th percentile, for images
    /// of very different brightness.
    Image,
    /// `2 sqrt(max((x - low) / (high - low), 0)) - 1` with the same percentiles, for images in which
    /// some things are far brighter than others. The noise of counted light deviates by the root of
    /// its brightness; the root's noise by the same everywhere (Anscombe 1948).
    ImageRoot,
}

impl Normalization {
    /// Measures the mean and deviation of each channel, reading each of `count` pictures once; those
    /// that are none are passed over. The outcome is the same to the bit for any number of threads.
    ///
    /// # Errors
    /// If a picture cannot be read.
    pub(super) fn measure(
        count: usize,
        channels: usize,
        read: impl Fn(usize) -> Result<Option<Picture>> + Sync,
    ) -> Result<Self> {
        let look = |sums: &mut Vec<Sums>, index| {
            let Some(picture) = read(index)? else {
                return Ok(());
            };
            sums.resize(channels, Sums::default());
            for (channel, sums) in sums.iter_mut().enumerate() {
                sums.add(&picture, channel);
            }
            Ok(())
        };
        let merge = |all: &mut Vec<Sums>, part: Vec<Sums>| {
            all.resize(channels, Sums::default());
            all.iter_mut()
                .zip(&part)
                .for_each(|(all, part)| all.merge(part));
        };
        let sums = survey(count, look, merge)?;
        let (mean, deviation) = sums.iter().map(Sums::moments).unzip();
        Ok(Self::DataSet { mean, deviation })
    }

    /// What normalised values of 0 and, from there, of 1 more are again from 0 to 1; for percentiles,
    /// which are gone, from the darkest to the brightest.
    pub(super) fn undone(&self, channel: usize) -> (f32, f32) {
        match self {
            Self::DataSet { mean, deviation } => {
                let channel = channel % mean.len();
                (mean[channel], deviation[channel])
            }
            Self::Image | Self::ImageRoot => (0.5, 0.5),
        }
    }

    /// The scale of a picture.
    pub(super) fn scale_of(&self, picture: &Picture) -> Scale {
        match self {
            Self::DataSet { mean, deviation } => {
                let (mean, deviation) = (mean.iter().copied(), deviation.iter().copied());
                Scale::linear(mean.zip(deviation).collect())
            }
            Self::Image => Scale::linear(vec![percentiles(picture)]),
            Self::ImageRoot => {
                let (middle, reach) = percentiles(picture);
                Scale {
                    root: Some((middle - reach, 2.0 * reach)),
                    linear: vec![(0.5, 0.5)],
                }
            }
        }
    }
}

/// What becomes 0 and how far from it 1 is.
pub(super) struct Scale {
    /// Of the values whose root is taken first, if it is.
    root: Option<(f32, f32)>,
    /// For each channel, or for all together.
    linear: Vec<(f32, f32)>,
}

impl Scale {
    fn linear(linear: Vec<(f32, f32)>) -> Self {
        Self { root: None, linear }
    }

    /// One that gives other values for the same picture: `contrast * x + brightness`.
    pub fn exposed(self, exposed: Exposed) -> Self {
        let Exposed {
            contrast,
            brightness,
        } = exposed;
        let change = |(zero, unit)| (zero - brightness * unit / contrast, unit / contrast);
        Self {
            linear: self.linear.into_iter().map(change).collect(),
            ..self
        }
    }

    /// `(x - zero) / unit`, perhaps of roots, for a picture, or a part of it, appended to `values` channel by channel.
    pub fn apply(&self, picture: &Picture, values: &mut Vec<f32>) {
        for channel in 0..picture.channels() {
            let (zero, unit) = self.linear[channel % self.linear.len()];
            let plane = picture.plane(channel).into_iter();
            match self.root {
                None => values.extend(plane.map(|value| (value - zero) / unit)),
                Some((low, reach)) => {
                    let root = |value: f32| ((value - low) / reach).max(0.0).sqrt();
                    values.extend(plane.map(|value| (root(value) - zero) / unit));
                }
            }
        }
    }
}

/// The middle between the 1st and the 99.5th percentile, and how far they are from it; 1 for an
/// image without contrast.
fn percentiles(picture: &Picture) -> (f32, f32) {
    let [low, high] = at_ranks(picture.values(), [0.01, 0.995]);
    let reach = (high - low) / 2.0;
    let reach = if reach < 1e-6 { 1.0 } else { reach };
    ((low + high) / 2.0, reach)
}

/// The values, from 0 to 1, that so much of all values are below.
fn at_ranks(values: &Values, parts: [f64; 2]) -> [f32; 2] {
    let rank = |count: usize, part: f64| ((count - 1) as f64 * part).round() as usize;
    match values {
        Values::U8(values) => {
            let counts = counts(256, values.iter().map(|&value| usize::from(value)));
            parts.map(|part| unit_of_u8(nth(&counts, rank(values.len(), part)) as u8))
        }
        Values::U16(values) => {
            let counts = counts(65536, values.iter().map(|&value| usize::from(value)));
            parts.map(|part| unit_of_u16(nth(&counts, rank(values.len(), part)) as u16))
        }
        Values::F32(values) => {
            let mut values = values.clone();
            parts.map(|part| {
                let rank = rank(values.len(), part);
                *values.select_nth_unstable_by(rank, f32::total_cmp).1
            })
        }
    }
}

fn counts(kinds: usize, values: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut counts = vec![0; kinds];
    values.for_each(|value| counts[value] += 1);
    counts
}

/// The value at this place of all values in their order.
fn nth(counts: &[u32], rank: usize) -> usize {
    let mut below = 0;
    let reached = counts.iter().position(|&count| {
        below += count as usize;
        below > rank
    });
    reached.expect("a rank is below the number of values")
}

/// Sums over the values of a channel, in whole numbers: their order does not matter.
#[derive(Clone, Default)]
struct Sums {
    count: u64,
    /// In units of `1 / UNITS`.
    values: i128,
    /// In units of `1 / UNITS^2`.
    squares: i128,
}

impl Sums {
    /// A byte from 0 to 1 as an f32 is a whole number of such parts.
    const UNITS: f64 = 4_294_967_296.0;

    fn add(&mut self, picture: &Picture, channel: usize) {
        let plane = picture.plane(channel);
        self.count += plane.len() as u64;
        for value in plane {
            let value = (f64::from(value) * Self::UNITS).round() as i64;
            self.values += i128::from(value);
            self.squares += i128::from(value) * i128::from(value);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.values += other.values;
        self.squares += other.squares;
    }

    /// Mean and standard deviation; the deviation of a constant is taken as 1.
    fn moments(&self) -> (f32, f32) {
        let count = self.count as f64;
        let mean = self.values as f64 / Self::UNITS / count;
        let square = self.squares as f64 / (Self::UNITS * Self::UNITS) / count;
        let deviation = (square - mean * mean).max(0.0).sqrt();
        let deviation = if deviation < 1e-6 { 1.0 } else { deviation };
        (mean as f32, deviation as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::generator;
    use rand::RngExt;

    fn noise(index: u64) -> Picture {
        let mut random = generator(3, 0, index);
        let values = (0..20 * 10 * 3).map(|_| random.random()).collect();
        Picture::new([20, 10], 3, Values::U8(values))
    }

    /// The mean and deviation of a channel, summed one after the other.
    fn plain(pictures: &[Picture], channel: usize) -> (f32, f32) {
        let values: Vec<f64> = pictures
            .iter()
            .flat_map(|picture| picture.plane(channel))
            .map(f64::from)
            .collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let square = values.iter().map(|x| x * x).sum::<f64>() / count;
        (mean as f32, (square - mean * mean).sqrt() as f32)
    }

    #[test]
    fn mean_and_deviation_are_those_of_all_values() {
        let pictures: Vec<_> = (0..40).map(noise).collect();
        let measured = Normalization::measure(40, 3, |index| Ok(Some(pictures[index].clone())));
        let expected: Vec<_> = (0..3).map(|channel| plain(&pictures, channel)).collect();
        let (mean, deviation) = expected.into_iter().unzip();
        let expected = Normalization::DataSet { mean, deviation };
        assert_eq!(measured.expect("reads"), expected);
    }

    #[test]
    fn the_deviation_of_a_constant_is_one() {
        let gray = || Picture::new([2, 2], 1, Values::U16(vec![65535 / 5; 4]));
        let measured = Normalization::measure(3, 1, |_| Ok(Some(gray()))).expect("reads");
        let Normalization::DataSet { mean, deviation } = measured else {
            panic!("not measured");
        };
        assert!((mean[0] - 0.2).abs() < 1e-6);
        assert_eq!(deviation, [1.0]);
    }

    /// The percentiles by sorting all values.
    fn sorted(picture: &Picture) -> [f32; 2] {
        let planes = (0..picture.channels()).flat_map(|channel| picture.plane(channel));
        let mut sorted: Vec<f32> = planes.collect();
        sorted.sort_by(f32::total_cmp);
        [0.01, 0.995].map(|part: f64| sorted[((sorted.len() - 1) as f64 * part).round() as usize])
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_values_at_every_depth() {
        for index in 0..20 {
            let picture = noise(index);
            let Values::U8(bytes) = picture.values() else {
                panic!("not bytes");
            };
            let deep = bytes.iter().map(|&value| u16::from(value) * 251 + 7);
            let deep = Picture::new([20, 10], 3, Values::U16(deep.collect()));
            let float = bytes.iter().map(|&value| f32::from(value) * 0.37 - 9.0);
            let float = Picture::new([20, 10], 3, Values::F32(float.collect()));
            for picture in [picture, deep, float] {
                assert_eq!(at_ranks(picture.values(), [0.01, 0.995]), sorted(&picture));
            }
        }
    }

    #[test]
    fn an_exposure_is_of_normalised_values() {
        let picture = Picture::new([1, 3], 1, Values::F32(vec![0.0, 0.25, 1.0]));
        let values = |scale: Scale| {
            let mut values = vec![];
            scale.apply(&picture, &mut values);
            values
        };
        for root in [None, Some((0.0, 4.0))] {
            let scale = || Scale {
                root,
                linear: vec![(0.25, 0.5)],
            };
            let exposed = scale().exposed(Exposed {
                contrast: 2.0,
                brightness: 0.5,
            });
            let expected: Vec<_> = values(scale()).iter().map(|x| 2.0 * x + 0.5).collect();
            assert_eq!(values(exposed), expected);
        }
    }

    #[test]
    fn roots_are_of_what_is_above_the_percentile() {
        // Of 201 values the 1st percentile is the third, the 99.5th the last but one.
        let mut numbers: Vec<f32> = (0..201).map(|number| number as f32).collect();
        numbers[200] = 1000.0;
        let picture = Picture::new([1, 201], 1, Values::F32(numbers));
        let mut values = vec![];
        let scale = Normalization::ImageRoot.scale_of(&picture);
        scale.apply(&picture, &mut values);
        let of = |number: f32| 2.0 * ((number - 2.0) / 197.0).sqrt() - 1.0;
        assert_eq!(values[..3], [-1.0; 3]);
        for (index, number) in [(50, 50.0), (199, 199.0), (200, 1000.0)] {
            assert!((values[index] - of(number)).abs() < 1e-5, "{number}");
        }
    }

    #[test]
    fn one_scale_for_all_channels_or_one_for_each() {
        let picture = Picture::new([1, 2], 3, Values::U8(vec![0, 51, 255, 255, 102, 0]));
        let mut values = vec![];
        Scale::linear(vec![(0.0, 0.5)]).apply(&picture, &mut values);
        assert_eq!(values, [0.0, 2.0, 0.4, 0.8, 2.0, 0.0]);
        values.clear();
        Scale::linear(vec![(0.0, 1.0), (0.0, 0.2), (1.0, 1.0)]).apply(&picture, &mut values);
        assert_eq!(values, [0.0, 1.0, 1.0, 2.0, 0.0, -1.0]);
    }
}
