//! Files of several pages.

use serde::{Deserialize, Serialize};

/// What the pages of a TIFF are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Pages {
    /// The first is the image.
    #[default]
    First,
    /// Images of their own, with the file's answer.
    Items,
    /// The channels of one image.
    Channels,
}

impl Pages {
    pub(super) fn is_first(&self) -> bool {
        *self == Self::First
    }
}
