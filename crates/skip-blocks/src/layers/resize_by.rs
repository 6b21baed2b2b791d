//! How a map is brought to another size.

use serde::{Deserialize, Serialize};

/// How values between pixels are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resize {
    /// The nearest pixel's.
    Nearest,
    /// Linear along both axes; the edges of both images meet (PyTorch's `align_corners = false`).
    Bilinear,
    /// Linear along both axes; the centres of the pixels at the corners meet (`align_corners =
    /// true`).
    BilinearCorners,
}
