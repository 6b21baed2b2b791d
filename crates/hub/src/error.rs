//! What can stand between a name and its file.

use std::path::PathBuf;

use thiserror::Error;

/// Why a file of the hub is not to be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HubError {
    /// A text names nothing on the hub.
    #[error(
        "'{text}' is no name on the hub: {reason}; must be OWNER/NAME, OWNER/NAME@REVISION or \
         OWNER/NAME:FILE"
    )]
    Name {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing says where the cache is.
    #[error("there is no home folder for the cache; set HF_HOME to a folder")]
    NoHome,
    /// The authorities that are to be believed cannot be read.
    #[error("the certificates '{path}' of SSL_CERT_FILE or REQUESTS_CA_BUNDLE: {reason}")]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The network is not to be used, and the cache does not have the file.
    #[error(
        "'{file}' of {name} is not in the cache '{cache}', and HF_HUB_OFFLINE keeps the network \
         from being asked; unset it once, point HF_HOME at a cache that has it, or give a file's \
         path instead of a name"
    )]
    Offline {
        /// The repository.
        name: String,
        /// The file.
        file: String,
        /// The cache's folder.
        cache: PathBuf,
    },
    /// The cache does not have the file, and the network does not answer.
    #[error(
        "'{file}' of {name} is not in the cache '{cache}', and '{url}' cannot be reached: {reason}. \
         Without a network, bring such a cache here from elsewhere and point HF_HOME at the folder \
         above it, or give a file's path instead of a name"
    )]
    Unreachable {
        /// The repository.
        name: String,
        /// The file.
        file: String,
        /// The cache's folder.
        cache: PathBuf,
        /// What was asked.
        url: String,
        /// What came of it.
        reason: String,
    },
    /// The hub does not show the repository.
    #[error(
        "{name}: the hub refuses it ({status}): it is private, asks for its terms to be accepted, \
         or does not exist; {token}"
    )]
    Refused {
        /// The repository.
        name: String,
        /// The status of the answer.
        status: u16,
        /// What to do about the token.
        token: &'static str,
    },
    /// The repository does not have the file.
    #[error("{name} has no '{file}'{else_what} (asked: '{url}')")]
    NoFile {
        /// The repository.
        name: String,
        /// The file.
        file: String,
        /// What else may be wrong.
        else_what: &'static str,
        /// What was asked.
        url: String,
    },
    /// The repository has no file of weights under a usual name.
    #[error("{name} has neither {}; name one of its files, as {name}:FILE", tried.join(" nor "))]
    NoWeights {
        /// The repository.
        name: String,
        /// The names that were tried.
        tried: &'static [&'static str],
    },
    /// The repository or the revision does not exist.
    #[error("{name}: {what} (asked: '{url}')")]
    NotThere {
        /// The repository.
        name: String,
        /// What does not exist.
        what: String,
        /// What was asked.
        url: String,
    },
    /// An answer that no file follows from.
    #[error("'{url}' answers {reason}; HF_ENDPOINT says which hub is asked")]
    Answer {
        /// What was asked.
        url: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The download was cut, and cut again.
    #[error(
        "the download of '{file}' of {name} was cut after {bytes} bytes{of}: {reason}; what is there \
         is kept: the same again goes on with it"
    )]
    Cut {
        /// The repository.
        name: String,
        /// The file.
        file: String,
        /// How much there is.
        bytes: u64,
        /// Of how much, if that is known.
        of: String,
        /// What happened.
        reason: String,
    },
    /// What was downloaded is not what the hub says it is.
    #[error(
        "'{file}' of {name} is not what the hub says: its SHA-256 is {found}, and should be \
         {stated}; what was downloaded is thrown away, try again"
    )]
    Checksum {
        /// The repository.
        name: String,
        /// The file.
        file: String,
        /// The checksum that is stated.
        stated: String,
        /// That of what came.
        found: String,
    },
    /// The cache cannot be used.
    #[error(
        "'{path}' cannot be written or read: {error}; HF_HOME or HF_HUB_CACHE can point at another \
         folder"
    )]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
}
