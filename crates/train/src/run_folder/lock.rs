//! One program at a time writes into a run's folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use anyhow::{Context, Error, Result, bail};

/// As long as it lives, no other program gets one of the same folder. The system takes it away from
/// a program that is killed.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Of the run in this folder.
    ///
    /// # Errors
    /// If another program has it.
    pub fn take(folder: &Path) -> Result<Self> {
        let path = folder.join("lock");
        let mut options = OpenOptions::new();
        let options = options.create(true).truncate(false).write(true);
        let file = options
            .open(&path)
            .with_context(|| format!("'{}' cannot be written", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another program is at work on the run '{}'; wait for it to end, or stop it",
                folder.display()
            ),
            Err(TryLockError::Error(error)) => {
                let context = format!("'{}' cannot be locked", path.display());
                Err(Error::from(error).context(context))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_waits_for_the_first_to_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Lock::take(folder.path()).expect("free");
        let error = Lock::take(folder.path()).expect_err("taken");
        assert!(error.to_string().starts_with("another program"), "{error}");
        drop(first);
        Lock::take(folder.path()).expect("free again");
    }
}
