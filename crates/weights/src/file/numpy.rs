//! `.npz`: an archive of NumPy's arrays.

use std::io::{self, Read};
use std::path::Path;

use npyz::{DType, Endianness, NpyHeader, Order, TypeChar, TypeStr, npz};

use super::{Number, archive, ensure_bounded};
use crate::{Array, Weights, WeightsError};

/// The longest header that NumPy reads without being told to.
const HEADER: usize = 10_000;
/// How deep brackets are in one: a shape in a field in a list in the whole. Time doubles with each.
const NESTED: usize = 4;

pub(super) fn read(file: &str, path: &Path, size: u64) -> Result<Weights, WeightsError> {
    let format = |error: io::Error| WeightsError::Format {
        file: file.to_string(),
        reason: error.to_string(),
    };
    let mut archive = archive::open(file, path, size)?;
    let mut arrays = Vec::new();
    let mut bytes = 0_u64;
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| format(error.into()))?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let Some(name) = npz::array_name_from_file_name(&name) else {
            continue;
        };
        let wrong = |reason: String| WeightsError::Tensor {
            file: file.to_string(),
            key: name.to_string(),
            reason,
        };
        let unread = |error: io::Error| wrong(format!("cannot be read: {error}"));
        let unpacked = entry.size();
        let mut held = Vec::new();
        // One byte more, for the end to be seen and the checksum to be looked at.
        let mut whole = entry.by_ref().take(unpacked.saturating_add(1));
        whole.read_to_end(&mut held).map_err(unread)?;
        if !is_simple(&held) {
            return Err(wrong("has a header that no array has".to_string()));
        }
        let mut rest = held.as_slice();
        let header = NpyHeader::from_reader(&mut rest).map_err(unread)?;
        let shape = header.shape().iter().map(|length| *length as usize);
        let shape: Vec<usize> = shape.collect();
        let count = shape
            .iter()
            .try_fold(1_u64, |count, length| count.checked_mul(*length as u64))
            .unwrap_or(u64::MAX);
        bytes = bytes.saturating_add(count.saturating_mul(4));
        ensure_bounded(file, bytes, size)?;
        let kind = match header.dtype() {
            DType::Plain(kind) => kind,
            other => return Err(wrong(format!("has values of the kind {}", other.descr()))),
        };
        let number =
            number(&kind).ok_or_else(|| wrong(format!("has values of the kind '{kind}'")))?;
        let width = kind.size_field();
        if count.checked_mul(width) != Some(rest.len() as u64) {
            let there = rest.len();
            return Err(wrong(format!(
                "has {there} bytes of values, which are not {count} of the kind '{kind}'"
            )));
        }
        let values = match kind.endianness() {
            Endianness::Big => {
                let mut turned = rest.to_vec();
                let each = turned.chunks_exact_mut(width as usize);
                each.for_each(<[u8]>::reverse);
                number.decode(&turned)
            }
            Endianness::Little | Endianness::Irrelevant => number.decode(rest),
        };
        let values = match header.order() {
            Order::C => values,
            Order::Fortran => by_rows(&values, &shape),
        };
        arrays.push((name.to_string(), Array { shape, values }));
    }
    Ok(Weights::new(file, arrays))
}

/// Whether an array's header, as far as it is there, is as short and flat as NumPy's are.
fn is_simple(held: &[u8]) -> bool {
    let length = match held {
        [_, _, _, _, _, _, 1, _, low, high, ..] => u16::from_le_bytes([*low, *high]) as usize,
        [_, _, _, _, _, _, _, _, a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]) as usize,
        _ => 0,
    };
    let header = &held[..held.len().min(12 + length.min(HEADER))];
    let mut depth = 0_usize;
    let is_flat = header.iter().all(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth <= NESTED
    });
    length <= HEADER && is_flat
}

fn number(kind: &TypeStr) -> Option<Number> {
    Some(match (kind.type_char(), kind.size_field()) {
        (TypeChar::Float, 8) => Number::F64,
        (TypeChar::Float, 4) => Number::F32,
        (TypeChar::Float, 2) => Number::F16,
        (TypeChar::Int, 8) => Number::I64,
        (TypeChar::Int, 4) => Number::I32,
        (TypeChar::Int, 2) => Number::I16,
        (TypeChar::Int, 1) => Number::I8,
        (TypeChar::Uint | TypeChar::Bool, 1) => Number::U8,
        _ => return None,
    })
}

/// Values that are kept column by column, row by row.
fn by_rows(values: &[f32], shape: &[usize]) -> Vec<f32> {
    let mut steps = vec![1; shape.len()];
    for dimension in 1..shape.len() {
        steps[dimension] = steps[dimension - 1] * shape[dimension - 1];
    }
    let mut places = vec![0; 1];
    for (length, step) in shape.iter().zip(&steps) {
        let along = |place: usize| (0..*length).map(move |index| place + index * step);
        places = places.into_iter().flat_map(along).collect();
    }
    places.into_iter().map(|place| values[place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_rows() {
        assert_eq!(
            by_rows(&[1., 4., 2., 5., 3., 6.], &[2, 3]),
            [1., 2., 3., 4., 5., 6.]
        );
        assert_eq!(by_rows(&[7.], &[]), [7.]);
        assert_eq!(by_rows(&[], &[3, 0]), [0.0; 0]);
        // Three dimensions: (i, j, k) stands at i + 2 j + 6 k.
        let kept: Vec<f32> = (0..12).map(|at| at as f32).collect();
        let rows = by_rows(&kept, &[2, 3, 2]);
        assert_eq!(rows, [0., 6., 2., 8., 4., 10., 1., 7., 3., 9., 5., 11.]);
    }

    #[test]
    fn headers_that_no_array_has_are_told() {
        let held = |header: &str| {
            let length = (header.len() as u16).to_le_bytes();
            [b"\x93NUMPY\x01\0", &length[..], header.as_bytes()].concat()
        };
        let plain = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        let record = "{'descr': [('a', '<f4', (2,))], 'fortran_order': False, 'shape': (1,), }";
        assert!(is_simple(&held(plain)) && is_simple(&held(record)));
        assert!(!is_simple(&held(&"(".repeat(5))));
        assert!(!is_simple(&held(&" ".repeat(HEADER + 1))));
        let claims = [
            b"\x93NUMPY\x02\0".as_slice(),
            &(512_u32 << 20).to_le_bytes(),
        ]
        .concat();
        assert!(!is_simple(&claims));
        assert!(is_simple(b"\x93NUM"));
    }
}
