//! Zipped files: what all entries unpack to is bounded before any is.

use std::fs::File;
use std::io::{BufReader, Error};
use std::path::Path;

use zip::ZipArchive;

use super::ensure_bounded;
use crate::WeightsError;

pub(super) fn open(
    file: &str,
    path: &Path,
    size: u64,
) -> Result<ZipArchive<BufReader<File>>, WeightsError> {
    let format = |error: Error| WeightsError::Format {
        file: file.to_string(),
        reason: error.to_string(),
    };
    let opened = File::open(path).map_err(format)?;
    let archive = ZipArchive::new(BufReader::new(opened));
    let mut archive = archive.map_err(|error| format(error.into()))?;
    let mut bytes = 0_u64;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index);
        let entry = entry.map_err(|error| format(error.into()))?;
        bytes = bytes.saturating_add(entry.size());
    }
    ensure_bounded(file, bytes, size)?;
    Ok(archive)
}
