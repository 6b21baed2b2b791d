//! A model's weights as a file.

use std::collections::BTreeMap;

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
    let mut arrays: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for Entry { name, array, .. } in entries(model, config)? {
        if let Some(part) = name.strip_suffix("running_mean") {
            let counter = (Dtype::I64, vec![], 0_i64.to_le_bytes().to_vec());
            arrays.insert(format!("{part}num_batches_tracked"), counter);
        }
        let values = array.values.iter();
        let bytes = values.flat_map(|value| value.to_le_bytes()).collect();
        arrays.insert(name, (Dtype::F32, array.shape, bytes));
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
