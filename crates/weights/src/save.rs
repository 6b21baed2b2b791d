//! A model's weights as a file.

use std::collections::BTreeMap;

use half::f16;
use models::{Model, ModelConfig};
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::WeightsError;
use crate::entries::{Entry, entries};

/// The bytes of a `.safetensors` file with all parameters and running statistics of a model, by its
/// public names, in `f32`, as PyTorch keeps them; and the counters of batches that
/// `load_state_dict(strict=True)` asks for, all 0.
///
/// # Errors
/// If a value cannot be brought from the device.
pub fn to_safetensors(model: &Model, config: &ModelConfig) -> Result<Vec<u8>, WeightsError> {
    to_safetensors_in(model, config, Precision::Single)
}

/// How many digits values have in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Precision {
    /// `f32`
    #[default]
    Single,
    /// `f16`, rounded to the nearest; what is too large for it is an error.
    Half,
}

/// [`to_safetensors`] in another precision.
///
/// # Errors
/// If a value cannot be brought from the device, or is too large for the precision.
pub fn to_safetensors_in(
    model: &Model,
    config: &ModelConfig,
    precision: Precision,
) -> Result<Vec<u8>, WeightsError> {
    let mut arrays: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for Entry { name, array, .. } in entries(model, config)? {
        if let Some(part) = name.strip_suffix("running_mean") {
            let counter = (Dtype::I64, vec![], 0_i64.to_le_bytes().to_vec());
            arrays.insert(format!("{part}num_batches_tracked"), counter);
        }
        let values = array.values.iter();
        let (dtype, bytes) = match precision {
            Precision::Single => (Dtype::F32, values.flat_map(|x| x.to_le_bytes()).collect()),
            Precision::Half => (Dtype::F16, halves(&name, &array.values)?),
        };
        arrays.insert(name, (dtype, array.shape, bytes));
    }
    let failed = |error: safetensors::SafeTensorError| WeightsError::Format {
        file: "the model".to_string(),
        reason: error.to_string(),
    };
    let mut views = Vec::new();
    for (name, (dtype, shape, bytes)) in &arrays {
        let view = TensorView::new(*dtype, shape.clone(), bytes).map_err(failed)?;
        views.push((name.as_str(), view));
    }
    // What transformers asks of a file, and other readers pass over.
    let metadata = [("format".to_string(), "pt".to_string())];
    serialize(views, Some(metadata.into_iter().collect())).map_err(failed)
}

fn halves(name: &str, values: &[f32]) -> Result<Vec<u8>, WeightsError> {
    let half = |value: &f32| {
        let half = f16::from_f32(*value);
        match half.is_finite() || !value.is_finite() {
            true => Ok(half.to_le_bytes()),
            false => Err(WeightsError::Format {
                file: "the model".to_string(),
                reason: format!("'{name}' has {value}, which is too large for half precision"),
            }),
        }
    };
    let halves: Result<Vec<_>, _> = values.iter().map(half).collect();
    Ok(halves?.concat())
}
