//! Files of weights, told apart by how they begin.

mod archive;
mod numpy;
mod pickle;
mod pytorch;
mod safetensors;

use std::fs::{self, File};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::{Weights, WeightsError};

/// How many bytes of values a byte of a file may stand for: with half precision two, with views of
/// one storage more.
const MOST: u64 = 8;
/// And so many more, for small files.
const ANYWAY: u64 = 1 << 20;

impl Weights {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is of no kind that is known, or is damaged.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let io = |error| WeightsError::Io {
            path: path.to_path_buf(),
            error,
        };
        let size = fs::metadata(path).map_err(io)?.len();
        let mut start = Vec::new();
        let file = File::open(path).map_err(io)?;
        file.take(9).read_to_end(&mut start).map_err(io)?;
        let name = format!("'{}'", path.display());
        let read = || match kind(&start, path, size) {
            Kind::Safetensors => {
                let bytes = fs::read(path).map_err(io)?;
                safetensors::read(&name, &bytes)
            }
            Kind::Numpy => numpy::read(&name, path, size),
            Kind::Pytorch => pytorch::read(&name, path, size),
        };
        // A parser of others that panics at a file says that the file is wrong.
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
            Err(WeightsError::Format {
                file: name.clone(),
                reason: "it is damaged".to_string(),
            })
        })
    }

    /// Reads the bytes of a `.safetensors` file.
    ///
    /// # Errors
    /// If they are none.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, WeightsError> {
        safetensors::read("the bytes", bytes)
    }
}

enum Kind {
    Safetensors,
    Numpy,
    Pytorch,
}

fn kind(start: &[u8], path: &Path, size: u64) -> Kind {
    let header = start
        .first_chunk()
        .map(|length| u64::from_le_bytes(*length));
    let is_header = header.is_some_and(|length| length <= size.saturating_sub(8));
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    match () {
        () if is_header && start.get(8) == Some(&b'{') => Kind::Safetensors,
        () if ending.eq_ignore_ascii_case("safetensors") => Kind::Safetensors,
        () if ending.eq_ignore_ascii_case("npz") => Kind::Numpy,
        () => Kind::Pytorch,
    }
}

/// Whether so many bytes of values may come out of a file of this size.
fn ensure_bounded(file: &str, bytes: u64, size: u64) -> Result<(), WeightsError> {
    let most = MOST.saturating_mul(size).saturating_add(ANYWAY);
    match bytes <= most {
        true => Ok(()),
        false => Err(WeightsError::Format {
            file: file.to_string(),
            reason: format!("it claims {bytes} bytes of values, and has {size} bytes"),
        }),
    }
}

/// How a file keeps its numbers, all little-endian.
#[derive(Clone, Copy)]
enum Number {
    F64,
    F32,
    F16,
    Bf16,
    I64,
    I32,
    I16,
    I8,
    U8,
}

impl Number {
    fn decode(self, bytes: &[u8]) -> Vec<f32> {
        fn each<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f32) -> Vec<f32> {
            let (chunks, _) = bytes.as_chunks::<N>();
            chunks.iter().map(|chunk| read(*chunk)).collect()
        }
        match self {
            Self::F64 => each(bytes, |bytes| f64::from_le_bytes(bytes) as f32),
            Self::F32 => each(bytes, f32::from_le_bytes),
            Self::F16 => each(bytes, |bytes| half::f16::from_le_bytes(bytes).to_f32()),
            Self::Bf16 => each(bytes, |bytes| half::bf16::from_le_bytes(bytes).to_f32()),
            Self::I64 => each(bytes, |bytes| i64::from_le_bytes(bytes) as f32),
            Self::I32 => each(bytes, |bytes| i32::from_le_bytes(bytes) as f32),
            Self::I16 => each(bytes, |bytes| f32::from(i16::from_le_bytes(bytes))),
            Self::I8 => each(bytes, |bytes| f32::from(i8::from_le_bytes(bytes))),
            Self::U8 => each(bytes, |[byte]| f32::from(byte)),
        }
    }
}
