//! A model's weights as a file.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use models::{Model, ModelConfig};
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::WeightsError;
use crate::slots::{slots, turned};

/// The bytes of a `.safetensors` file with all parameters and running statistics of a model, by its
/// public names, in `f32`, as PyTorch keeps them; and the counters of batches that
/// `load_state_dict(strict=True)` asks for, all 0.
///
/// # Errors
/// If a value cannot be brought from the device.
pub fn to_safetensors(model: &Model, config: &ModelConfig) -> Result<Vec<u8>, WeightsError> {
    let mut values = Values::default();
    model.visit(&mut values);
    let mut arrays: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for (slot, values) in slots(model, config).into_iter().zip(values.0) {
        let values = values.map_err(WeightsError::Device)?;
        let values = match slot.is_turned {
            true => turned(&values, slot.shape[0]),
            false => values,
        };
        if let Some(part) = slot.name.strip_suffix("running_mean") {
            let counter = (Dtype::I64, vec![], 0_i64.to_le_bytes().to_vec());
            arrays.insert(format!("{part}num_batches_tracked"), counter);
        }
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        arrays.insert(slot.name, (Dtype::F32, slot.shape, bytes));
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

#[derive(Default)]
struct Values(Vec<Result<Vec<f32>, String>>);

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values = param.val().try_into_vec_as::<f32>();
        self.0.push(values.map_err(|error| error.to_string()));
    }
}
