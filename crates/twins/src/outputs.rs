//! Our outputs in evaluation against the twin's.

use burn::tensor::{Device, Tensor, TensorData};

use crate::fill::{bits, canonical, images, signed_sum};
use crate::{Case, KeysDiffer, Output, Outputs, filled};

/// How far our outputs are from the twin's in `f64`, relative to the largest value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Differences {
    /// The largest over the samples.
    pub largest: f64,
    /// Estimated over all values, from the projections: the root of the mean square.
    pub root_mean_square: f64,
}

/// Fills the case's model, applies it to one image, and compares.
///
/// # Errors
/// If the model's names are not those of its twin.
///
/// # Panics
/// Panics if there are more or fewer outputs than the twin has, or of other shapes.
pub fn compare(case: &Case<Outputs>, device: &Device) -> Result<Differences, KeysDiffer> {
    let model = filled(&case.config(), &case.fixture.keys, device)?;
    let [channels, height, width] = case.fixture.input;
    let dims = [1, channels, height, width];
    let data = TensorData::new(images("input", dims.iter().product()), dims);
    let outputs = model.forward(Tensor::from_data(data, device));
    assert_eq!(
        outputs.len(),
        case.fixture.outputs.len(),
        "outputs of {}",
        case.name
    );
    let pairs = outputs.into_iter().zip(&case.fixture.outputs);
    let each = pairs.map(|(found, expected)| {
        assert_eq!(canonical(&found.dims()), expected.dims, "{}", case.name);
        let found = found.into_data().try_to_vec().expect("f32");
        differences(&found, expected)
    });
    Ok(each.fold(Differences::default(), Differences::max))
}

fn differences(found: &[f32], expected: &Output) -> Differences {
    let places = bits("sample").map(|bits| (bits % found.len() as u64) as usize);
    let samples = places.zip(&expected.samples);
    let largest = samples
        .map(|(place, sample)| (f64::from(found[place]) - sample).abs())
        .fold(0.0, largest_or_nan);
    let squares = expected
        .projections
        .iter()
        .enumerate()
        .map(|(index, expected)| {
            let values = found.iter().copied().map(f64::from);
            let ours = signed_sum(&format!("projection {index}"), values);
            (ours - expected).powi(2)
        });
    let mean = squares.sum::<f64>() / expected.projections.len() as f64;
    Differences {
        largest: largest / expected.largest,
        root_mean_square: (mean / found.len() as f64).sqrt() / expected.largest,
    }
}

/// What is not a number is larger than anything.
fn largest_or_nan(one: f64, other: f64) -> f64 {
    match one.is_nan() || other.is_nan() {
        true => f64::NAN,
        false => one.max(other),
    }
}

impl Differences {
    fn max(self, other: Self) -> Self {
        Self {
            largest: largest_or_nan(self.largest, other.largest),
            root_mean_square: largest_or_nan(self.root_mean_square, other.root_mean_square),
        }
    }

    /// Whether all outputs are the twin's: what was seen, and by what is estimated also the others.
    pub fn are_within(self, tolerance: f64) -> bool {
        self.largest <= tolerance && self.root_mean_square <= tolerance
    }
}
