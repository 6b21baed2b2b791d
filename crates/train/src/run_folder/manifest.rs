//! The list of a run's checkpoints, with their checksums.
//!
//! SHA-256, as `sha256sum` prints it, so that a file can be checked without this program. A damaged
//! byte would otherwise go unnoticed: Burn's format has no checksum of the values.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::files::{read_json, write_aside, write_json};

/// The checkpoints of a folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The epoch whose parameters are `best.bpk`, with its loss; none before the first.
    pub best: Option<Best>,
    /// Where the last checkpoint is.
    pub last: Option<Progress>,
    /// The checksum of each file, in hexadecimal digits.
    files: BTreeMap<String, String>,
    #[serde(skip)]
    folder: PathBuf,
}

/// The best epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// Counted from 1.
    pub epoch: usize,
    /// Its loss over the validation images.
    pub loss: f64,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// The steps of that epoch that are done.
    pub steps: usize,
    /// Whether that is all of them, and the epoch is validated.
    pub complete: bool,
}

const NAME: &str = "manifest.json";

impl Manifest {
    /// Of a folder that has no checkpoint yet.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            ..Self::default()
        }
    }

    /// Reads a folder's.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut manifest: Self = read_json(&folder.join(NAME))?;
        manifest.folder = folder.to_path_buf();
        Ok(manifest)
    }

    /// Writes a checkpoint; it is listed once [`keep_only`](Self::keep_only) is called.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        write_aside(&self.folder.join(name), bytes)?;
        self.files.insert(name.to_string(), checksum(bytes));
        Ok(())
    }

    /// Takes files off the list, and away once the list without them is written.
    ///
    /// # Errors
    /// If the list cannot be written.
    pub fn keep_only(&mut self, keep: impl Fn(&str) -> bool) -> Result<()> {
        let dropped: Vec<_> = self
            .files
            .keys()
            .filter(|name| !keep(name))
            .cloned()
            .collect();
        self.files.retain(|name, _| keep(name));
        write_json(&self.folder.join(NAME), self)?;
        for name in dropped {
            // A file that is not listed does no harm.
            let _ = fs::remove_file(self.folder.join(name));
        }
        Ok(())
    }

    /// A checkpoint's bytes.
    ///
    /// # Errors
    /// If it is not listed, cannot be read, or is not as it was written.
    pub fn load(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.folder.join(name);
        let listed = self.files.get(name).with_context(|| {
            format!(
                "'{}' is not listed in '{}'",
                path.display(),
                self.folder.join(NAME).display()
            )
        })?;
        let bytes =
            fs::read(&path).with_context(|| format!("'{}' cannot be read", path.display()))?;
        ensure!(
            *listed == checksum(&bytes),
            "'{}' is damaged: its checksum is not the one in '{NAME}'; get a copy that is whole, or \
             train again",
            path.display()
        );
        Ok(bytes)
    }
}

fn checksum(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_sha256sum() {
        // From `printf abc | sha256sum`, and FIPS 180-2.
        assert_eq!(
            checksum(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn any_flipped_bit_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let bytes: Vec<u8> = (0..=255).collect();
        let mut manifest = Manifest::new(folder.path());
        manifest.add("a.bpk", &bytes).expect("writes");
        manifest.keep_only(|_| true).expect("writes");
        let manifest = Manifest::read(folder.path()).expect("reads");
        assert_eq!(manifest.load("a.bpk").expect("whole"), bytes);
        for bit in 0..8 * bytes.len() {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            fs::write(folder.path().join("a.bpk"), damaged).expect("writes");
            let error = manifest.load("a.bpk").expect_err("damaged");
            assert!(error.to_string().contains("a.bpk' is damaged"), "{error}");
        }
    }

    #[test]
    fn what_is_dropped_is_gone_and_what_is_kept_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut manifest = Manifest::new(folder.path());
        manifest.add("old.bpk", b"1").expect("writes");
        manifest.add("new.bpk", b"2").expect("writes");
        manifest
            .keep_only(|name| name == "new.bpk")
            .expect("writes");
        assert!(!folder.path().join("old.bpk").exists());
        let manifest = Manifest::read(folder.path()).expect("reads");
        assert_eq!(manifest.load("new.bpk").expect("whole"), b"2");
        assert!(manifest.load("old.bpk").is_err());
    }
}
