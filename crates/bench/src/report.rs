//! What a bench has found, and the forms that it is shown in.

pub(crate) mod catalogue;
mod figures;
mod html;
pub(crate) mod readme;
mod table;

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

pub use figures::Report;
pub(crate) use html::{Chart, page};
pub(crate) use table::table;

/// Writes a file that is not there yet.
///
/// # Errors
/// If it is there, or cannot be written.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<()> {
    File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("'{}' cannot be written", path.display()))
}
