//! The checkpoints of a run: folders that are whole or not there.
//!
//! A checkpoint is written to the side, with a manifest that lists its files and their checksums,
//! brought to the disk, and renamed: whoever reads finds all of it, or the one before. The two newest
//! are kept, so that one that is damaged later does not cost the run.
//!
//! Checksums are SHA-256, as `sha256sum` prints it, so that a file can be checked without this
//! program. A damaged byte would otherwise go unnoticed: Burn's format has no checksum of the values.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::files::{read_json, sync_folder, write_synced};
use crate::hexadecimal::hexadecimal;

/// The list of a checkpoint's files.
const MANIFEST: &str = "manifest.json";

/// How many checkpoints are kept.
const KEPT: usize = 2;

/// What is added to the name of a checkpoint that was found to be damaged.
const DAMAGED: &str = "-damaged";

/// The checkpoints of a folder.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

/// One of them, as its manifest says.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    path: PathBuf,
    number: u64,
    manifest: Manifest,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// The checksum of each file, in hexadecimal digits.
    files: BTreeMap<String, String>,
}

/// A file of a checkpoint that is to be written.
pub enum Content<'a> {
    /// Of these bytes.
    Bytes(&'a [u8]),
    /// The same as that of another checkpoint, of the same name.
    SameAs(&'a Checkpoint),
}

/// A checkpoint that cannot be used.
#[derive(Debug)]
pub struct Damaged {
    /// Where it is kept.
    pub path: PathBuf,
    /// What is wrong with it.
    pub error: Error,
}

impl Checkpoints {
    /// In this folder.
    pub fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
        }
    }

    /// The names in the folder.
    fn names(&self) -> Result<Vec<String>> {
        let named = || format!("'{}' cannot be read", self.folder.display());
        let names = fs::read_dir(&self.folder).with_context(named)?;
        let names = names.map(|entry| {
            let name = entry.with_context(named)?.file_name();
            Ok(name.to_string_lossy().into_owned())
        });
        names.collect()
    }

    /// Numbers of the checkpoints that are there, the newest last.
    fn numbers(&self) -> Result<Vec<u64>> {
        let names = self.names()?;
        let numbers = names.iter().filter_map(|name| name.parse().ok());
        let mut numbers: Vec<u64> = numbers.collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Whether one was found to be damaged, now or before.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn has_damaged(&self) -> Result<bool> {
        Ok(self.names()?.iter().any(|name| name.ends_with(DAMAGED)))
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(number.to_string())
    }

    fn open(&self, number: u64) -> Result<Checkpoint> {
        let path = self.path(number);
        let manifest = read_json(&path.join(MANIFEST))?;
        Ok(Checkpoint {
            path,
            number,
            manifest,
        })
    }

    /// The newest; none before the first.
    ///
    /// # Errors
    /// If its manifest cannot be read.
    pub fn newest(&self) -> Result<Option<Checkpoint>> {
        let newest = self.numbers()?.pop();
        newest.map(|number| self.open(number)).transpose()
    }

    /// The newest of which every file is as it was written. Those that are newer are put aside, and
    /// kept.
    ///
    /// # Errors
    /// If the folder cannot be read or changed.
    pub fn newest_whole(&self) -> Result<(Option<Checkpoint>, Vec<Damaged>)> {
        let mut damaged = Vec::new();
        for number in self.numbers()?.into_iter().rev() {
            let opened = self.open(number);
            match opened.and_then(|checkpoint| checkpoint.check().map(|()| checkpoint)) {
                Ok(checkpoint) => return Ok((Some(checkpoint), damaged)),
                Err(error) => {
                    let path = self.put_aside(number)?;
                    damaged.push(Damaged { path, error });
                }
            }
        }
        Ok((None, damaged))
    }

    fn put_aside(&self, number: u64) -> Result<PathBuf> {
        let path = self.path(number);
        let aside = self.folder.join(format!("{number}{DAMAGED}"));
        if aside.exists() {
            fs::remove_dir_all(&aside)
                .with_context(|| format!("'{}' cannot be removed", aside.display()))?;
        }
        fs::rename(&path, &aside)
            .with_context(|| format!("'{}' cannot be put aside", path.display()))?;
        Ok(aside)
    }

    /// Writes a checkpoint of these files, and then takes old ones away.
    ///
    /// # Errors
    /// If it cannot be written; those that were there before still are.
    pub fn write(&self, files: &[(&str, Content<'_>)]) -> Result<Checkpoint> {
        let numbers = self.numbers()?;
        let number = numbers.last().map_or(1, |last| last + 1);
        let path = self.path(number);
        let manifest = self
            .write_to(&path, files)
            .with_context(|| format!("the checkpoint '{}' cannot be written", path.display()))?;
        let old = numbers.len().saturating_sub(KEPT - 1);
        for number in &numbers[..old] {
            // One that is left over does no harm.
            let _ = fs::remove_dir_all(self.path(*number));
        }
        Ok(Checkpoint {
            path,
            number,
            manifest,
        })
    }

    fn write_to(&self, path: &Path, files: &[(&str, Content<'_>)]) -> Result<Manifest> {
        let aside = path.with_extension("part");
        // Of a program that was killed.
        if aside.exists() {
            fs::remove_dir_all(&aside)?;
        }
        fs::create_dir(&aside)?;
        let mut manifest = Manifest::default();
        for (name, content) in files {
            let checksum = match content {
                Content::Bytes(bytes) => {
                    write_synced(&aside.join(name), bytes)?;
                    checksum(bytes)
                }
                Content::SameAs(other) => {
                    let (from, to) = (other.path.join(name), aside.join(name));
                    // Not every file system has two names for one file.
                    fs::hard_link(&from, &to).or_else(|_| fs::copy(&from, &to).map(|_| ()))?;
                    other.listed(name)?.to_string()
                }
            };
            manifest.files.insert((*name).to_string(), checksum);
        }
        let mut text = serde_json::to_string_pretty(&manifest)?;
        text.push('\n');
        write_synced(&aside.join(MANIFEST), text.as_bytes())?;
        sync_folder(&aside)?;
        fs::rename(&aside, path)?;
        sync_folder(&self.folder)?;
        Ok(manifest)
    }
}

impl Checkpoint {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which it is: the highest is the newest.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether it has a file of this name.
    pub fn has(&self, name: &str) -> bool {
        self.manifest.files.contains_key(name)
    }

    /// Bytes of all its files.
    ///
    /// # Errors
    /// If one is not there.
    pub fn bytes(&self) -> Result<u64> {
        let sizes = self.manifest.files.keys().map(|name| {
            let path = self.path.join(name);
            let data = fs::metadata(&path);
            let data = data.with_context(|| format!("'{}' cannot be read", path.display()))?;
            Ok(data.len())
        });
        sizes.sum()
    }

    fn listed(&self, name: &str) -> Result<&str> {
        let listed = self.manifest.files.get(name);
        listed.map(String::as_str).with_context(|| {
            format!(
                "'{}' is not listed in '{}'",
                self.path.join(name).display(),
                self.path.join(MANIFEST).display()
            )
        })
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// If it is not listed, cannot be read, or is not as it was written.
    pub fn load(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        let listed = self.listed(name)?;
        let bytes =
            fs::read(&path).with_context(|| format!("'{}' cannot be read", path.display()))?;
        ensure!(
            *listed == checksum(&bytes),
            "'{}' is damaged: its checksum is not the one in '{MANIFEST}'",
            path.display()
        );
        Ok(bytes)
    }

    /// Whether every file is as it was written.
    ///
    /// # Errors
    /// If one is not.
    pub fn check(&self) -> Result<()> {
        self.manifest
            .files
            .keys()
            .try_for_each(|name| self.load(name).map(|_| ()))
    }
}

fn checksum(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::mutations;

    const FILES: [(&str, Content<'static>); 2] =
        [("a", Content::Bytes(b"one")), ("b", Content::Bytes(b"two"))];

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
        let checkpoints = Checkpoints::of(folder.path());
        let bytes: Vec<u8> = (0..=255).collect();
        let files = [("a", Content::Bytes(&bytes))];
        let checkpoint = checkpoints.write(&files).expect("writes");
        assert_eq!(checkpoint.load("a").expect("whole"), bytes);
        for bit in 0..8 * bytes.len() {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            fs::write(checkpoint.path().join("a"), damaged).expect("writes");
            let error = checkpoint.load("a").expect_err("damaged");
            assert!(error.to_string().contains("a' is damaged"), "{error}");
        }
    }

    #[test]
    fn the_two_newest_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkpoints = Checkpoints::of(folder.path());
        for _ in 0..4 {
            checkpoints.write(&FILES).expect("writes");
        }
        assert_eq!(checkpoints.numbers().expect("reads"), [3, 4]);
        let newest = checkpoints.newest().expect("reads").expect("one");
        assert_eq!(newest.number(), 4);
        assert_eq!(newest.bytes().expect("all there"), 6);
    }

    #[test]
    fn what_is_the_same_is_not_written_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkpoints = Checkpoints::of(folder.path());
        let mut last = checkpoints.write(&FILES).expect("writes");
        for _ in 0..3 {
            let files = [("a", Content::Bytes(b"new")), ("b", Content::SameAs(&last))];
            last = checkpoints.write(&files).expect("writes");
        }
        assert_eq!(last.load("a").expect("whole"), b"new");
        assert_eq!(last.load("b").expect("whole"), b"two");
    }

    #[test]
    fn the_newest_whole_one_wins_and_a_damaged_one_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkpoints = Checkpoints::of(folder.path());
        checkpoints.write(&FILES).expect("writes");
        let newest = checkpoints.write(&FILES).expect("writes");
        fs::write(newest.path().join("b"), b"twp").expect("writes");
        // A program that was killed while it wrote leaves this.
        fs::create_dir(folder.path().join("3.part")).expect("writes");
        let (whole, damaged) = checkpoints.newest_whole().expect("reads");
        assert_eq!(whole.expect("one").number(), 1);
        assert_eq!(damaged.len(), 1);
        assert_eq!(damaged[0].path, folder.path().join("2-damaged"));
        assert!(damaged[0].error.to_string().contains("b' is damaged"));
        assert!(damaged[0].path.join("b").is_file());
        let next = checkpoints.write(&FILES).expect("writes");
        assert_eq!(next.number(), 2);
    }

    #[test]
    fn damaged_manifests_are_errors() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkpoint = Checkpoints::of(folder.path()).write(&FILES);
        let path = checkpoint.expect("writes").path().join(MANIFEST);
        let whole = fs::read(&path).expect("reads");
        for bytes in mutations(&whole, 2000) {
            fs::write(&path, bytes).expect("writes");
            let opened = Checkpoints::of(folder.path()).open(1);
            opened.and_then(|checkpoint| checkpoint.check()).ok();
        }
    }

    #[test]
    fn a_checkpoint_without_its_manifest_is_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkpoints = Checkpoints::of(folder.path());
        checkpoints.write(&FILES).expect("writes");
        for text in [
            "",
            "{",
            "{\"files\": {\"a\": 1}}",
            "{\"files\": {\"c\": \"\"}}",
        ] {
            let newest = checkpoints.write(&FILES).expect("writes");
            fs::write(newest.path().join(MANIFEST), text).expect("writes");
            let (whole, damaged) = checkpoints.newest_whole().expect("reads");
            assert_eq!(whole.expect("one").number(), 1, "{text}");
            assert_eq!(damaged.len(), 1, "{text}");
        }
    }
}
