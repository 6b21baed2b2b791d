//! `.npz`: an archive of NumPy's arrays.

use std::path::Path;

use npyz::npz::NpzArchive;
use npyz::{Order, TypeChar};

use super::ensure_bounded;
use crate::{Array, Weights, WeightsError};

pub(super) fn read(file: &str, path: &Path, size: u64) -> Result<Weights, WeightsError> {
    let format = |error: std::io::Error| WeightsError::Format {
        file: file.to_string(),
        reason: error.to_string(),
    };
    let mut archive = NpzArchive::open(path).map_err(format)?;
    let names: Vec<String> = archive.array_names().map(str::to_string).collect();
    let mut arrays = Vec::new();
    let mut bytes = 0_u64;
    for name in names {
        let wrong = |reason: String| WeightsError::Tensor {
            file: file.to_string(),
            key: name.clone(),
            reason,
        };
        let found = archive.by_name(&name).map_err(format)?;
        let Some(found) = found else {
            continue;
        };
        let shape = found.shape().iter().map(|length| *length as usize);
        let shape: Vec<usize> = shape.collect();
        let count = shape
            .iter()
            .try_fold(1_u64, |count, length| count.checked_mul(*length as u64))
            .unwrap_or(u64::MAX);
        bytes = bytes.saturating_add(count.saturating_mul(4));
        ensure_bounded(file, bytes, size)?;
        let (kind, order) = match found.dtype() {
            npyz::DType::Plain(kind) => (kind, found.order()),
            other => return Err(wrong(format!("has values of the kind {other:?}"))),
        };
        if order == Order::Fortran {
            return Err(wrong(
                "is kept column by column; save it row by row".to_string(),
            ));
        }
        let unread = |error: std::io::Error| wrong(format!("cannot be read: {error}"));
        let values = match (kind.type_char(), kind.size_field()) {
            (TypeChar::Float, 4) => found.into_vec::<f32>().map_err(unread)?,
            (TypeChar::Float, 8) => {
                let values = found.into_vec::<f64>().map_err(unread)?;
                values.into_iter().map(|value| value as f32).collect()
            }
            (TypeChar::Int, 8) => {
                let values = found.into_vec::<i64>().map_err(unread)?;
                values.into_iter().map(|value| value as f32).collect()
            }
            _ => return Err(wrong(format!("has values of the kind '{kind}'"))),
        };
        arrays.push((name, Array { shape, values }));
    }
    Ok(Weights::new(file, arrays))
}
