//! `.pth`, `.pt` and `.bin`, zipped and older. The pickle is read as data; what it asks to be called
//! is not.

use std::path::Path;

use pytorch_reader::{DType, PytorchReader};

use super::{Number, ensure_bounded};
use crate::{Array, Weights, WeightsError};

pub(super) fn read(file: &str, path: &Path, size: u64) -> Result<Weights, WeightsError> {
    let found = PytorchReader::new(path).map_err(|error| WeightsError::Format {
        file: file.to_string(),
        reason: error.to_string(),
    })?;
    // A view of a storage may claim many times what the file holds.
    let bytes = found
        .tensors()
        .values()
        .map(|tensor| tensor.byte_len() as u64);
    ensure_bounded(file, bytes.fold(0, u64::saturating_add), size)?;
    let mut arrays = Vec::new();
    for (name, tensor) in found.into_tensors() {
        let wrong = |reason: String| WeightsError::Tensor {
            file: file.to_string(),
            key: name.clone(),
            reason,
        };
        let number = number(tensor.dtype())
            .ok_or_else(|| wrong(format!("has values of the kind {:?}", tensor.dtype())))?;
        let bytes = tensor
            .read()
            .map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let array = Array {
            shape: tensor.shape().to_vec(),
            values: number.decode(&bytes),
        };
        arrays.push((name, array));
    }
    Ok(Weights::new(file, arrays))
}

fn number(dtype: DType) -> Option<Number> {
    Some(match dtype {
        DType::F64 => Number::F64,
        DType::F32 => Number::F32,
        DType::F16 => Number::F16,
        DType::BF16 => Number::Bf16,
        DType::I64 => Number::I64,
        DType::I32 => Number::I32,
        DType::I16 => Number::I16,
        DType::I8 => Number::I8,
        DType::U8 | DType::Bool => Number::U8,
        DType::U64 | DType::U32 | DType::U16 => return None,
    })
}
