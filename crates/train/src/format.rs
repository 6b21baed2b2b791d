//! The version of what a run leaves.

use anyhow::{Result, ensure};
use serde_json::Value;

/// The version of run folders that this program writes and reads.
pub const FORMAT: u64 = 3;

/// Whether a run of this version, as its `config.json` says, can be read. Folders of the first
/// version do not say it.
///
/// # Errors
/// If it is another than [`FORMAT`], naming both.
pub fn check(version: Option<&Value>) -> Result<()> {
    let version = version.map_or(Some(1), Value::as_u64);
    ensure!(
        version == Some(FORMAT),
        "this run has format {}, and this program reads format {FORMAT}; use the version of the \
         program that made the run, or train again",
        version.map_or("?".to_string(), |version| version.to_string())
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_versions_are_named() {
        assert!(check(Some(&Value::from(FORMAT))).is_ok());
        for (version, named) in [(None, "format 1,"), (Some(Value::from(2)), "format 2,")] {
            let error = check(version.as_ref()).expect_err("another version");
            let message = error.to_string();
            assert!(
                message.contains(named) && message.contains("format 3;"),
                "{message}"
            );
        }
    }
}
