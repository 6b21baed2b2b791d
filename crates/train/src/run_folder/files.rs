//! Files that are whole or not there.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes to the side and renames, so that whoever reads the file finds the old one or the new one.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write_aside(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let aside = path.with_file_name(name);
    let write = || {
        write_all(&aside, bytes)?;
        fs::rename(&aside, path)
    };
    write().with_context(|| format!("'{}' cannot be written", path.display()))
}

/// Writes a file that is on the disk when this returns.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    write_all(path, bytes).with_context(|| format!("'{}' cannot be written", path.display()))
}

fn write_all(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Brings the names in a folder to the disk, where the system has a way to.
///
/// # Errors
/// If it cannot be done.
pub(crate) fn sync_folder(path: &Path) -> Result<()> {
    if cfg!(unix) {
        let sync = File::open(path).and_then(|folder| folder.sync_all());
        sync.with_context(|| format!("'{}' cannot be written", path.display()))?;
    }
    Ok(())
}

/// Writes a value as JSON.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    write_aside(path, text.as_bytes())
}

/// Reads a value from JSON.
///
/// # Errors
/// If the file cannot be read or is something else.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text =
        fs::read_to_string(path).with_context(|| format!("'{}' cannot be read", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("'{}' is wrong", path.display()))
}
