//! What can be wrong with weights.

use std::path::PathBuf;

use thiserror::Error;

use crate::Report;

/// Why weights cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file cannot be read.
    #[error("'{path}' cannot be read: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file is damaged, or of another kind.
    #[error("{file} is no file of weights: {reason}")]
    Format {
        /// The file, or what it is of.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A tensor of the file cannot be used.
    #[error("{file}: '{key}' {reason}")]
    Tensor {
        /// The file, or what it is of.
        file: String,
        /// The tensor's name.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// The names or shapes are not the model's. The model is as it was.
    #[error("the weights do not fit the model: {0}")]
    Fit(Box<Report>),
    /// A key map is wrong.
    #[error("the key map '{path}' is wrong: {reason}")]
    KeyMap {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// What a `config.json` says of weights is wrong.
    #[error("'{path}' is wrong: {reason}")]
    Declaration {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A value cannot be brought from or to the device.
    #[error("the device fails: {0}")]
    Device(String),
}
