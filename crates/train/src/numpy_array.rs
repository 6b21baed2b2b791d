//! Arrays for NumPy.

use anyhow::Result;
use npyz::WriterBuilder;

/// The bytes of a `.npy` file with an array of single precision, its last dimension the fastest.
///
/// # Errors
/// If there are not as many values as the shape says.
pub(crate) fn to_npy(shape: &[usize], values: &[f32]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let shape: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
    let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
    let mut writer = options.writer(&mut bytes).begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()?;
    Ok(bytes)
}
