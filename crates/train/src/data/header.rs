//! What is known of an image before it is decoded.

use super::picture::Picture;

/// The most memory that decoding an image may take, so that a small file cannot ask for all.
pub(super) const MOST_MEMORY: u64 = 1 << 29;

/// What an image's file says of it before its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Height and width, as it is laid.
    pub size: [usize; 2],
    /// How many channels it has: 1, gray; 3, colours.
    pub channels: usize,
}

impl Header {
    /// That of a picture.
    pub(super) fn of(picture: &Picture) -> Self {
        Self {
            size: picture.size(),
            channels: picture.channels(),
        }
    }
}
