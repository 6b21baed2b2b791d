//! What was computed once, by the hash of what decides it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// A name that follows from what decides something.
pub(crate) fn name_of(decisive: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string(decisive).context("what decides it cannot be written")?;
    Ok(name_of_bytes(text.as_bytes()))
}

/// A name that follows from a file's contents.
pub(crate) fn name_of_bytes(contents: &[u8]) -> String {
    let digest = Sha256::digest(contents);
    digest[..10]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What a file says; none where there is no such file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    if !path.is_file() {
        return Ok(None);
    }
    let text =
        fs::read_to_string(path).with_context(|| format!("'{}' cannot be read", path.display()))?;
    let value = serde_json::from_str(&text)
        .with_context(|| format!("'{}' is not of this version; remove it", path.display()))?;
    Ok(Some(value))
}

/// Writes a file beside its place and puts it there: it is whole or not there.
pub(crate) fn write(path: &Path, contents: &[u8]) -> Result<()> {
    let aside = path.with_extension("part");
    let put = || {
        fs::write(&aside, contents)?;
        fs::rename(&aside, path)
    };
    put().with_context(|| format!("'{}' cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn another_value_has_another_name() {
        let name = |value| name_of(&value).expect("a name");
        assert_eq!(name(json!({"a": 1})), name(json!({"a": 1})));
        assert_ne!(name(json!({"a": 1})), name(json!({"a": 2})));
        assert_eq!(name(json!(1)).len(), 20);
    }

    #[test]
    fn what_is_written_is_read_and_a_file_of_others_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kept.json");
        assert_eq!(read::<u32>(&path).expect("none"), None);
        write(&path, b"7").expect("writes");
        assert_eq!(read::<u32>(&path).expect("reads"), Some(7));
        write(&path, b"seven").expect("writes");
        let error = read::<u32>(&path).expect_err("no number");
        assert!(error.to_string().contains("kept.json"), "{error}");
    }
}
