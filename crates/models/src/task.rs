//! What a model is for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Task {
    /// One class an image.
    Classification,
    /// One class a pixel.
    Segmentation,
    /// Numbers: of an image, or of each of its pixels.
    Regression,
    /// Points in an image, as a heat map for each.
    KeyPoints,
}

impl fmt::Display for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Classification => "classification",
            Self::Segmentation => "segmentation",
            Self::Regression => "regression",
            Self::KeyPoints => "key points",
        })
    }
}
