//! New buffers that are not filled with zeros only to be overwritten.

use std::mem::MaybeUninit;

use crate::view::ViewMut;

/// A buffer `[pixels, channels]` that kernels write.
#[derive(Debug)]
pub struct Fresh {
    data: Vec<f32>,
    pixels: usize,
    /// Of each channel, whether it has been written.
    written: Vec<bool>,
}

/// A new buffer of `pixels` times `channels` floats, all of which `write` has to have written by
/// kernels.
///
/// # Panics
/// If a channel was not written.
pub fn fresh(pixels: usize, channels: usize, write: impl FnOnce(&mut Fresh)) -> Vec<f32> {
    let len = pixels.checked_mul(channels).expect("addressable buffer");
    let mut fresh = Fresh {
        data: Vec::with_capacity(len),
        pixels,
        written: vec![false; channels],
    };
    write(&mut fresh);
    let Fresh {
        mut data, written, ..
    } = fresh;
    let missing = written.iter().position(|written| !written);
    assert!(
        missing.is_none() || len == 0,
        "channel {missing:?} was not written"
    );
    // SAFETY: the capacity is `len` or more. Every channel was handed to a kernel for all pixels,
    // and kernels write all of their target; one that panicked would not have led here.
    unsafe { data.set_len(len) };
    data
}

impl Fresh {
    /// All channels.
    pub fn view(&mut self) -> ViewMut<'_> {
        self.slice(0)
    }

    /// The channels from `channel` on.
    pub fn slice(&mut self, channel: usize) -> ViewMut<'_> {
        let channels = self.written.len();
        let len = self.pixels * channels;
        let data: &mut [MaybeUninit<f32>] = &mut self.data.spare_capacity_mut()[..len];
        ViewMut::unwritten(data, channels, channel, &mut self.written)
    }
}
