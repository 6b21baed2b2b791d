//! A hub, as a value: where it is, who asks, and how long it is waited for.

use std::fmt;
use std::path::{Path, PathBuf};

use ureq::Proxy;

use crate::patience::Patience;

/// A hub, and the cache before it.
#[derive(Clone, PartialEq)]
pub struct Hub {
    pub(crate) cache: PathBuf,
    pub(crate) endpoint: String,
    pub(crate) token: Option<String>,
    pub(crate) offline: bool,
    pub(crate) patience: Patience,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) certificates: Option<PathBuf>,
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
}
