//! Files that may be packed, read with a limit.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;

/// The most bytes of a file that is held in memory, so that a small packed one cannot ask for all.
pub(super) const MOST: u64 = 1 << 32;
/// The most memory that unpacking takes, in KiB.
const MOST_TO_UNPACK: u32 = 1 << 18;

/// A file's bytes, unpacked if its name ends in `.gz` or `.xz`.
pub(super) fn reader(path: &Path) -> Result<Box<dyn Read>> {
    let file =
        File::open(path).with_context(|| format!("'{}' cannot be opened", path.display()))?;
    let file = BufReader::new(file);
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    Ok(match ending.as_ref() {
        "gz" => Box::new(MultiGzDecoder::new(file)),
        "xz" => Box::new(XzReader::new_mem_limit(file, true, MOST_TO_UNPACK)),
        _ => Box::new(file),
    })
}

/// All that is left to be read, at most so many bytes.
pub(super) fn at_most(reader: impl Read, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(most + 1).read_to_end(&mut bytes)?;
    ensure!(
        bytes.len() as u64 <= most,
        "it has more than {most} bytes, the most that is read"
    );
    Ok(bytes)
}
