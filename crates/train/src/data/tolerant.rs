//! Images that cannot be read.

use anyhow::Result;

use super::settings::OnBadImage;

/// Whether an image that cannot be read is passed over.
#[derive(Clone, Copy)]
pub(super) struct Tolerant(pub bool);

impl From<OnBadImage> for Tolerant {
    fn from(on_bad_image: OnBadImage) -> Self {
        Self(on_bad_image == OnBadImage::Skip)
    }
}

impl Tolerant {
    /// What was read; none where it could not be, and that is tolerated.
    pub fn pass<T>(self, read: Result<T>) -> Result<Option<T>> {
        match (read, self.0) {
            (Ok(read), _) => Ok(Some(read)),
            (Err(_), true) => Ok(None),
            (Err(error), false) => Err(error),
        }
    }
}
