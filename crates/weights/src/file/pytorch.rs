//! `.pth`, `.pt` and `.bin`, zipped and older. The pickle is read as data; what it asks to be called
//! is not.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use pytorch_reader::{DType, PickleValue, PytorchError, PytorchReader};

use super::pickle::{Halt, follow};
use super::{MOST, Number, archive, ensure_bounded};
use crate::{Array, Weights, WeightsError};

/// How many bytes the values of a pickle may take anyway: those of ten thousand tensors.
const VALUES: u64 = 128 << 20;
/// An older file is a row of pickles: what it is, of which version, from where, the weights, and the
/// order of their values.
const ROW: usize = 5;
/// The dimensions that NumPy knows; PyTorch's layers have five.
const DIMENSIONS: usize = 64;

pub(super) fn read(file: &str, path: &Path, size: u64) -> Result<Weights, WeightsError> {
    let format = |error: PytorchError| WeightsError::Format {
        file: file.to_string(),
        reason: error.to_string(),
    };
    ensure_pickles_bounded(file, path, size)?;
    // Each name has in it those of all that it stands in.
    let tree = PytorchReader::read_pickle_data(path, None).map_err(format)?;
    ensure_bounded(file, bytes_of_names(&tree, 0), size)?;
    drop(tree);
    let found = PytorchReader::new(path).map_err(format)?;
    // A view of a storage may claim many times what the file holds.
    let bytes = found
        .tensors()
        .values()
        .map(|tensor| tensor.byte_len().max(4 * tensor.num_elements()) as u64);
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
        let dimensions = tensor.shape().len();
        if dimensions > DIMENSIONS {
            return Err(wrong(format!("has {dimensions} dimensions")));
        }
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

/// Whether the pickles of a file may be unpacked. Damaged ones may: the reader says what is wrong.
fn ensure_pickles_bounded(file: &str, path: &Path, size: u64) -> Result<(), WeightsError> {
    let format = |reason: String| WeightsError::Format {
        file: file.to_string(),
        reason,
    };
    let unread = |error: io::Error| format(error.to_string());
    let most = MOST.saturating_mul(size).saturating_add(VALUES);
    let too_large = || format(format!("its pickle has more than {most} bytes of values"));
    let mut opened = BufReader::new(File::open(path).map_err(unread)?);
    let mut start = Vec::new();
    let first = opened.by_ref().take(262).read_to_end(&mut start);
    first.map_err(unread)?;
    let is_zipped = start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06");
    if !is_zipped && start.get(257..) == Some(b"ustar") {
        // The values of these cannot be bounded, and `torch.load` asks for trust as well.
        return Err(format(
            "it is from before PyTorch 0.1.10; load it there, and save it again".to_string(),
        ));
    }
    if !is_zipped {
        opened.rewind().map_err(unread)?;
        for _ in 0..ROW {
            match follow(&mut opened, most) {
                Ok(()) => {}
                Err(Halt::TooLarge) => return Err(too_large()),
                Err(Halt::Damaged) => break,
            }
        }
        return Ok(());
    }
    let mut archive = archive::open(file, path, size)?;
    for index in 0..archive.len() {
        let entry = archive.by_index(index);
        let entry = entry.map_err(|error| format(error.to_string()))?;
        // Of several the reader takes one.
        if !entry.name_raw().ends_with(b"data.pkl") {
            continue;
        }
        let unpacked = entry.size();
        let mut pickle = BufReader::new(entry.take(unpacked));
        if follow(&mut pickle, most) == Err(Halt::TooLarge) {
            return Err(too_large());
        }
    }
    Ok(())
}

/// How long the names of all tensors are together, of which each begins with so many bytes.
fn bytes_of_names(value: &PickleValue, before: u64) -> u64 {
    let index = 8;
    match value {
        PickleValue::Dict(values) => values.iter().fold(0, |bytes: u64, (key, value)| {
            let before = before + key.len() as u64 + 1;
            bytes.saturating_add(bytes_of_names(value, before))
        }),
        PickleValue::List(values) => values.iter().fold(0, |bytes: u64, value| {
            bytes.saturating_add(bytes_of_names(value, before + index))
        }),
        PickleValue::Unsupported(kind) if kind == "torch.Tensor" => before,
        _ => 0,
    }
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
