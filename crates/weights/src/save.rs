//! Weights as a file.

use half::f16;
use models::{Model, ModelConfig};
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::entries::{Entry, entries};
use crate::{Weights, WeightsError};

/// What errors call a model that becomes a file.
const MODEL: &str = "the model";

/// The bytes of a `.safetensors` file with all parameters and running statistics of a model, by its
/// public names, in `f32`, as PyTorch keeps them; and whatever else `load_state_dict(strict=True)`
/// asks for: the counters of batches, all 0, and the other names of layers that stand in several
/// places.
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
    let mut kept = vec![];
    for Entry { name, array, .. } in entries(model, config)? {
        let (dtype, bytes) = match precision {
            Precision::Single => (Dtype::F32, singles(&array.values)),
            Precision::Half => (Dtype::F16, halves(&name, &array.values)?),
        };
        let names = config.names_elsewhere(&name);
        kept.extend(counter(&names));
        kept.push(Kept {
            names,
            dtype,
            shape: config.shape_elsewhere(&name, &array.shape),
            bytes,
        });
    }
    file_of(MODEL, &kept)
}

impl Weights {
    /// The bytes of a `.safetensors` file with these arrays, in `f32`.
    ///
    /// # Errors
    /// If an array has other values than its shape says.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, WeightsError> {
        let kept = self.arrays.iter().map(|(name, array)| Kept {
            names: vec![name.clone()],
            dtype: Dtype::F32,
            shape: array.shape.clone(),
            bytes: singles(&array.values),
        });
        file_of(&self.file, &kept.collect::<Vec<_>>())
    }
}

/// Values that stand in a file under one name or more.
struct Kept {
    names: Vec<String>,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// The counter of batches that PyTorch has beside running statistics.
fn counter(names: &[String]) -> Option<Kept> {
    let counter = |name: &String| {
        let layer = name.strip_suffix("running_mean")?;
        Some(format!("{layer}num_batches_tracked"))
    };
    let names: Vec<_> = names.iter().filter_map(counter).collect();
    (!names.is_empty()).then(|| Kept {
        names,
        dtype: Dtype::I64,
        shape: vec![],
        bytes: 0_i64.to_le_bytes().to_vec(),
    })
}

fn file_of(file: &str, kept: &[Kept]) -> Result<Vec<u8>, WeightsError> {
    let failed = |error: safetensors::SafeTensorError| WeightsError::Format {
        file: file.to_string(),
        reason: error.to_string(),
    };
    let mut views = Vec::new();
    for one in kept {
        for name in &one.names {
            let view = TensorView::new(one.dtype, one.shape.clone(), &one.bytes);
            views.push((name.as_str(), view.map_err(failed)?));
        }
    }
    // What transformers asks of a file, and other readers pass over.
    let metadata = [("format".to_string(), "pt".to_string())];
    serialize(views, Some(metadata.into_iter().collect())).map_err(failed)
}

fn singles(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn halves(name: &str, values: &[f32]) -> Result<Vec<u8>, WeightsError> {
    let half = |value: &f32| {
        let half = f16::from_f32(*value);
        match half.is_finite() || !value.is_finite() {
            true => Ok(half.to_le_bytes()),
            false => Err(WeightsError::Format {
                file: MODEL.to_string(),
                reason: format!("'{name}' has {value}, which is too large for half precision"),
            }),
        }
    };
    let halves: Result<Vec<_>, _> = values.iter().map(half).collect();
    Ok(halves?.concat())
}
