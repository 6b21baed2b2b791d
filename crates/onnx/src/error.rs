//! What can be wrong with an export.

use models::ModelError;
use thiserror::Error;
use weights::WeightsError;

/// Why a model cannot be written as ONNX.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The model does not take such images.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Its configuration is for other images.
    #[error(
        "images of {image:?}, channels, height and width: the configuration is for others; give one \
         `with_image` of these, and a model that was made from it"
    )]
    Images {
        /// Channels, height and width that were asked for.
        image: [usize; 3],
    },
    /// Its parameters cannot be read.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The model is not of the configuration that was given.
    #[error(
        "the model has not the parameters of its configuration, which are other ones from {first} \
         on; give the configuration that it was made from"
    )]
    OtherModel {
        /// The first parameter of the configuration that the model has not, with its shape.
        first: String,
    },
    /// Nothing is known to write for an operation.
    #[error(
        "in {part}: there is no ONNX for the operation {operation}; an arm for it belongs into \
         crates/onnx/src/lower"
    )]
    Unsupported {
        /// The part of the model.
        part: String,
        /// The operation.
        operation: String,
    },
    /// An operation depends on how many images there are, in a way that a file cannot say.
    #[error("in {part}: the operation {operation} {reason}, so its batch cannot be left open")]
    Batch {
        /// The part of the model.
        part: String,
        /// The operation.
        operation: String,
        /// How it depends on them.
        reason: String,
    },
    /// An option does not suit the model.
    #[error("{option}: {reason}")]
    Option {
        /// The option.
        option: &'static str,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// The file would be larger than its format allows.
    #[error("the file would have {bytes} bytes; an ONNX file has at most {most}")]
    TooLarge {
        /// How many bytes it would have.
        bytes: usize,
        /// How many are allowed.
        most: usize,
    },
    /// Another reader does not compute it.
    #[error("tract cannot compute the file: {reason}")]
    Check {
        /// What it says.
        reason: String,
    },
}
