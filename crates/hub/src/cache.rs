//! The cache, laid out as Python's `huggingface_hub` lays it out:
//!
//! ```text
//! models--OWNER--NAME/refs/REVISION            the commit that a branch was at
//! models--OWNER--NAME/snapshots/COMMIT/FILE    a link to its contents
//! models--OWNER--NAME/blobs/ETAG               the contents
//! models--OWNER--NAME/.no_exist/COMMIT/FILE    what a commit is known not to have
//! .locks/models--OWNER--NAME/ETAG.lock         held while the contents are written
//! ```

use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

use crate::name::is_commit;
use crate::{HubError, Name};

/// A repository's folder in the cache, at a revision.
pub(crate) struct Folder {
    path: PathBuf,
    locks: PathBuf,
    name: Name,
}

impl Folder {
    pub fn of(cache: &Path, name: &Name) -> Self {
        let folder = format!("models--{}", name.repository().replace('/', "--"));
        Self {
            path: cache.join(&folder),
            locks: cache.join(".locks").join(&folder),
            name: name.clone(),
        }
    }

    /// A file of the revision, if it is here.
    pub fn find(&self, file: &str) -> Option<PathBuf> {
        let path = self.snapshot(&self.commit()?).join(file);
        path.is_file().then_some(path)
    }

    /// Whether the revision is known to have no such file.
    pub fn is_known_missing(&self, file: &str) -> bool {
        let commit = self.commit();
        commit.is_some_and(|commit| self.missing(&commit, file).exists())
    }

    /// Writes down that a commit has no such file, and that the revision is at that commit.
    pub fn remember_missing(&self, commit: &str, file: &str) -> Result<(), HubError> {
        write(&self.missing(commit, file), b"")?;
        self.refer(commit)
    }

    /// Where contents lie.
    pub fn blob(&self, etag: &str) -> PathBuf {
        self.path.join("blobs").join(etag)
    }

    /// Keeps others, Python among them, from writing these contents.
    pub fn lock(&self, etag: &str) -> Result<File, HubError> {
        let path = self.locks.join(format!("{etag}.lock"));
        let open = || {
            fs::create_dir_all(&self.locks)?;
            let file = File::options().create(true).append(true).open(&path)?;
            match file.lock() {
                // Some file systems have no locks; then two may download the same.
                Err(error) if error.kind() == std::io::ErrorKind::Unsupported => {}
                outcome => outcome?,
            }
            Ok(file)
        };
        open().map_err(|error| HubError::Cache {
            path: path.clone(),
            error,
        })
    }

    /// Gives contents their name in the revision's snapshot, and says where it is.
    pub fn keep(&self, commit: &str, file: &str, blob: &Path) -> Result<PathBuf, HubError> {
        let path = self.snapshot(commit).join(file);
        let failed = |error| HubError::Cache {
            path: path.clone(),
            error,
        };
        if !path.is_file() {
            make_folder_of(&path)?;
            // A link that leads nowhere: its contents were taken away.
            let _ = fs::remove_file(&path);
            link(blob, &path).map_err(failed)?;
        }
        self.refer(commit)?;
        Ok(path)
    }

    /// The commit that the revision is at, as far as it is known here.
    fn commit(&self) -> Option<String> {
        if let Some(commit) = self.name.commit() {
            return Some(commit.to_string());
        }
        let text = fs::read_to_string(self.reference()).ok()?;
        let commit = text.trim();
        is_commit(commit).then(|| commit.to_string())
    }

    fn refer(&self, commit: &str) -> Result<(), HubError> {
        match self.name.commit() {
            Some(_) => Ok(()),
            None => write(&self.reference(), commit.as_bytes()),
        }
    }

    fn reference(&self) -> PathBuf {
        self.path.join("refs").join(self.name.revision())
    }

    fn snapshot(&self, commit: &str) -> PathBuf {
        self.path.join("snapshots").join(commit)
    }

    fn missing(&self, commit: &str, file: &str) -> PathBuf {
        self.path.join(".no_exist").join(commit).join(file)
    }
}

/// Makes the folder that a file is to lie in.
pub(crate) fn make_folder_of(path: &Path) -> Result<(), HubError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|error| HubError::Cache {
        path: folder.to_path_buf(),
        error,
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), HubError> {
    make_folder_of(path)?;
    fs::write(path, bytes).map_err(|error| HubError::Cache {
        path: path.to_path_buf(),
        error,
    })
}

/// A relative link, so that a cache can be moved; where the system has none, the contents
/// themselves.
fn link(blob: &Path, path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let common = folder
        .components()
        .zip(blob.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = folder
        .components()
        .skip(common)
        .map(|_| Component::ParentDir);
    let target: PathBuf = up.chain(blob.components().skip(common)).collect();
    if symlink(&target, path).is_ok() {
        return Ok(());
    }
    fs::rename(blob, path)
}

#[cfg(unix)]
fn symlink(target: &Path, path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(windows)]
fn symlink(target: &Path, path: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(target, path)
}

#[cfg(not(any(unix, windows)))]
fn symlink(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
