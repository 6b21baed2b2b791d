//! What can be wrong with a model that is asked for.

use skip_blocks::ConfigError;

/// A model that cannot be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// There is no model of this name.
    #[error(
        "there is no model '{name}'; names like it are {near}. The command `models` lists all \
         {count}. {}",
        COMPOSED
    )]
    UnknownModel {
        /// The name that was asked for.
        name: String,
        /// The names that are most like it.
        near: String,
        /// How many names there are.
        count: usize,
    },
    /// A decoder is to stand on a model that gives it nothing.
    #[error(
        "there is no model '{name}': '{encoder}' gives {levels} feature map, and a decoder needs \
         two or more"
    )]
    NoLevels {
        /// The name that was asked for.
        name: String,
        /// The part of it that names the encoder.
        encoder: String,
        /// How many maps it gives.
        levels: usize,
    },
    /// The configuration has no field of this path.
    #[error("the model has no field '{path}'; there are: {known}")]
    UnknownField {
        /// The path that was asked for.
        path: String,
        /// The paths that there are.
        known: String,
    },
    /// More than one field has this path.
    #[error("'{path}' may be any of: {candidates}; give more of the path")]
    AmbiguousField {
        /// The path that was asked for.
        path: String,
        /// The fields that it may be.
        candidates: String,
    },
    /// A field cannot have this value.
    #[error("{path} = {value}: {reason}")]
    WrongValue {
        /// The field's path.
        path: String,
        /// The value that was given.
        value: String,
        /// What is allowed.
        reason: String,
    },
    /// Nothing can be made of the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The model cannot take the images.
    #[error("images of {height}x{width}: {reason}")]
    Images {
        /// Their height.
        height: usize,
        /// Their width.
        width: usize,
        /// What is allowed.
        reason: String,
    },
}

/// How names are composed.
const COMPOSED: &str =
    "Before any of them that classifies, 'unet-' makes it the encoder of a U-Net";
