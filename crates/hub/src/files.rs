//! From a name to files.

use std::path::PathBuf;

use crate::cache::Folder;
use crate::download::{Progress, download};
use crate::hub::Hub;
use crate::remote::{Asked, Remote};
use crate::{HubError, Name};

/// What files of weights are called, the better first.
pub const WEIGHTS: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];
/// What says how the weights are to be used.
pub const CONFIG: &str = "config.json";

/// Weights that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Their file.
    pub weights: PathBuf,
    /// The `config.json` of the repository, if it has one.
    pub config: Option<PathBuf>,
}

impl Hub {
    /// The weights of a repository, and its `config.json`: the file that is named, or
    /// `model.safetensors`, or else `pytorch_model.bin`.
    ///
    /// What is in the cache is taken as it is, without a question to the network.
    ///
    /// # Errors
    /// If the repository or a file is not to be had.
    pub fn weights(
        &self,
        name: &Name,
        report: &mut dyn FnMut(&Progress<'_>),
    ) -> Result<Found, HubError> {
        let weights = match name.file() {
            Some(file) => self.file(name, file, report)?,
            None => self.usual(name, report)?,
        };
        let config = match self.file(name, CONFIG, report) {
            Ok(config) => Some(config),
            // A repository of weights alone, or a cache of them.
            Err(HubError::NoFile { .. } | HubError::Offline { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(Found { weights, config })
    }

    /// The file of weights where none is named.
    fn usual(
        &self,
        name: &Name,
        report: &mut dyn FnMut(&Progress<'_>),
    ) -> Result<PathBuf, HubError> {
        let folder = Folder::of(&self.cache, name);
        if let Some(kept) = WEIGHTS.iter().find_map(|file| folder.find(file)) {
            return Ok(kept);
        }
        for file in WEIGHTS {
            match self.file(name, file, report) {
                Err(HubError::NoFile { .. }) => {}
                outcome => return outcome,
            }
        }
        Err(HubError::NoWeights {
            name: name.repository().to_string(),
            tried: &WEIGHTS,
        })
    }

    /// A file of a repository.
    ///
    /// # Errors
    /// If it is not to be had.
    pub fn file(
        &self,
        name: &Name,
        file: &str,
        report: &mut dyn FnMut(&Progress<'_>),
    ) -> Result<PathBuf, HubError> {
        let folder = Folder::of(&self.cache, name);
        if let Some(kept) = folder.find(file) {
            return Ok(kept);
        }
        if folder.is_known_missing(file) {
            return Err(HubError::NoFile {
                name: name.repository().to_string(),
                file: file.to_string(),
                else_what: ", as was found before",
                url: self.url(name, file),
            });
        }
        if self.offline {
            return Err(HubError::Offline {
                name: name.repository().to_string(),
                file: file.to_string(),
                cache: self.cache.clone(),
            });
        }
        let remote = Remote::new(self)?;
        let asked = Asked {
            name,
            file,
            cache: &self.cache,
            folder: &folder,
            url: self.url(name, file),
        };
        let stated = remote.state(&asked)?;
        let blob = folder.blob(&stated.etag);
        let _lock = folder.lock(&stated.etag)?;
        if !blob.exists() {
            download(&remote, &asked, &stated, &blob, report)?;
        }
        folder.keep(&stated.commit, file, &blob)
    }

    fn url(&self, name: &Name, file: &str) -> String {
        let revision = name.revision().replace('/', "%2F");
        format!(
            "{}/{}/resolve/{revision}/{file}",
            self.endpoint,
            name.repository()
        )
    }
}
