//! From a name to files.

use std::fmt;
use std::path::{Path, PathBuf};

use ureq::Proxy;

use crate::cache::Folder;
use crate::download::download;
use crate::remote::{Asked, Remote};
use crate::{HubError, Name, Patience, Progress};

/// What files of weights are called, the better first.
const WEIGHTS: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];
/// What says how the weights are to be used.
const CONFIG: &str = "config.json";

/// A hub, and the cache before it.
#[derive(Clone, PartialEq)]
pub struct Hub {
    cache: PathBuf,
    pub(crate) endpoint: String,
    pub(crate) token: Option<String>,
    offline: bool,
    pub(crate) patience: Patience,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) certificates: Option<PathBuf>,
}

/// Weights that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Their file.
    pub weights: PathBuf,
    /// The `config.json` of the repository, if it has one.
    pub config: Option<PathBuf>,
}

impl fmt::Debug for Hub {
    /// All but the token.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Hub")
            .field("cache", &self.cache)
            .field("endpoint", &self.endpoint)
            .field("offline", &self.offline)
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// `https://huggingface.co` behind a cache in this folder, whatever the environment says.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self {
            cache: cache.into(),
            endpoint: "https://huggingface.co".to_string(),
            token: None,
            offline: false,
            patience: Patience::default(),
            proxy: None,
            certificates: None,
        }
    }

    /// The same at another address.
    pub fn with_endpoint(self, endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.trim().trim_end_matches('/').to_string(),
            ..self
        }
    }

    /// The same for somebody. The token is sent to the hub alone, not to where it redirects to.
    pub fn with_token(self, token: &str) -> Self {
        Self {
            token: Some(token.trim().to_string()),
            ..self
        }
    }

    /// The same with the network left alone, or not.
    pub fn with_offline(self, offline: bool) -> Self {
        Self { offline, ..self }
    }

    /// The same with so much patience.
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The same, believing the authorities of this file in the form of PEM, and no others.
    pub fn with_certificates(self, file: impl Into<PathBuf>) -> Self {
        Self {
            certificates: Some(file.into()),
            ..self
        }
    }

    pub(crate) fn with_proxy_from_env(self) -> Self {
        Self {
            proxy: Proxy::try_from_env(),
            ..self
        }
    }

    /// The cache's folder.
    pub fn cache(&self) -> &Path {
        &self.cache
    }

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
