//! `.safetensors`: a header in JSON, and the values.

use safetensors::{Dtype, SafeTensors};

use super::Number;
use crate::{Array, Weights, WeightsError};

pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Weights, WeightsError> {
    // The crate checks that no tensor reaches past the end, overlaps another or leaves a gap.
    let found = SafeTensors::deserialize(bytes).map_err(|error| WeightsError::Format {
        file: file.to_string(),
        reason: error.to_string(),
    })?;
    let arrays = found.iter().map(|(name, view)| {
        let number = number(view.dtype()).ok_or_else(|| WeightsError::Tensor {
            file: file.to_string(),
            key: name.to_string(),
            reason: format!(
                "has values of the kind {:?}, which is not read",
                view.dtype()
            ),
        })?;
        let array = Array {
            shape: view.shape().to_vec(),
            values: number.decode(view.data()),
        };
        Ok((name.to_string(), array))
    });
    let arrays: Vec<_> = arrays.collect::<Result<_, WeightsError>>()?;
    Ok(Weights::new(file, arrays))
}

fn number(dtype: Dtype) -> Option<Number> {
    Some(match dtype {
        Dtype::F64 => Number::F64,
        Dtype::F32 => Number::F32,
        Dtype::F16 => Number::F16,
        Dtype::BF16 => Number::Bf16,
        Dtype::I64 => Number::I64,
        Dtype::I32 => Number::I32,
        Dtype::I16 => Number::I16,
        Dtype::I8 => Number::I8,
        Dtype::U8 | Dtype::BOOL => Number::U8,
        _ => return None,
    })
}
