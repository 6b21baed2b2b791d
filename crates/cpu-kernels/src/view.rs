//! Channels-last tensors, possibly a slice of the channels of a wider buffer.

use std::mem::MaybeUninit;

/// The channels `channel..channel + c` of every pixel of a channels-last
/// buffer with `pixel_stride` channels per pixel.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    data: &'a [f32],
    pixel_stride: usize,
    channel: usize,
}

/// A [`View`] to write to. The other channels of the buffer are left alone.
#[derive(Debug)]
pub struct ViewMut<'a> {
    data: &'a mut [MaybeUninit<f32>],
    pixel_stride: usize,
    channel: usize,
    /// Of each channel of a fresh buffer, whether it has been written.
    written: Option<&'a mut [bool]>,
}

impl<'a> View<'a> {
    /// A buffer that holds nothing but its `channels` channels.
    pub fn new(data: &'a [f32], channels: usize) -> Self {
        Self::slice(data, channels, 0)
    }

    /// The channels from `channel` on, of `pixel_stride` channels per pixel.
    pub fn slice(data: &'a [f32], pixel_stride: usize, channel: usize) -> Self {
        Self {
            data,
            pixel_stride,
            channel,
        }
    }

    /// The raw form of a view of `pixels` pixels of `channels` channels.
    ///
    /// # Panics
    /// If the buffer is too short for them.
    pub(crate) fn source(&self, pixels: usize, channels: usize) -> Source {
        check(
            self.data.len(),
            self.pixel_stride,
            self.channel,
            pixels,
            channels,
        );
        Source {
            ptr: self.data.as_ptr().wrapping_add(self.channel),
            pixel_stride: self.pixel_stride,
        }
    }
}

impl<'a> ViewMut<'a> {
    /// A buffer that holds nothing but its `channels` channels.
    pub fn new(data: &'a mut [f32], channels: usize) -> Self {
        Self::slice(data, channels, 0)
    }

    /// The channels from `channel` on, of `pixel_stride` channels per pixel.
    pub fn slice(data: &'a mut [f32], pixel_stride: usize, channel: usize) -> Self {
        let floats: *mut [f32] = data;
        Self {
            // SAFETY: the types have one layout, the borrow is handed on, and only floats are
            // written through it.
            data: unsafe { &mut *(floats as *mut [MaybeUninit<f32>]) },
            pixel_stride,
            channel,
            written: None,
        }
    }

    /// Whether the buffer is not a fresh one.
    pub(crate) fn holds_floats(&self) -> bool {
        self.written.is_none()
    }

    /// The channels from `channel` on of a fresh buffer.
    pub(crate) fn unwritten(
        data: &'a mut [MaybeUninit<f32>],
        pixel_stride: usize,
        channel: usize,
        written: &'a mut [bool],
    ) -> Self {
        Self {
            data,
            pixel_stride,
            channel,
            written: Some(written),
        }
    }

    /// The raw form of a view of `pixels` pixels of `channels` channels, all of which the kernel
    /// that asks for it writes.
    ///
    /// # Panics
    /// If the buffer is too short for them.
    pub(crate) fn target(&mut self, pixels: usize, channels: usize) -> Target {
        check(
            self.data.len(),
            self.pixel_stride,
            self.channel,
            pixels,
            channels,
        );
        if let Some(written) = &mut self.written
            && pixels * self.pixel_stride == self.data.len()
        {
            written[self.channel..self.channel + channels].fill(true);
        }
        Target {
            ptr: self
                .data
                .as_mut_ptr()
                .cast::<f32>()
                .wrapping_add(self.channel),
            pixel_stride: self.pixel_stride,
        }
    }
}

fn check(len: usize, pixel_stride: usize, channel: usize, pixels: usize, channels: usize) {
    let end = channel.checked_add(channels).expect("addressable channels");
    assert!(
        end <= pixel_stride,
        "channels {channel}..{end} exceed the pixel stride {pixel_stride}"
    );
    let before = pixels
        .saturating_sub(1)
        .checked_mul(pixel_stride)
        .expect("addressable pixels");
    let needed = if pixels == 0 {
        0
    } else {
        before.checked_add(end).expect("addressable view")
    };
    assert!(
        len >= needed,
        "buffer of {len} floats is shorter than the {needed} of the view"
    );
}

/// A checked view to read from, without its lifetime, for use across threads.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub ptr: *const f32,
    pub pixel_stride: usize,
}

/// A checked view to write to, without its lifetime, for use across threads.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub ptr: *mut f32,
    pub pixel_stride: usize,
}

// SAFETY: read only, while the view it was made from is borrowed.
unsafe impl Send for Source {}
unsafe impl Sync for Source {}
// SAFETY: the tasks that share a target write to disjoint elements.
unsafe impl Send for Target {}
unsafe impl Sync for Target {}

impl Source {
    /// The view from channel `by` on.
    pub fn channels_from(self, by: usize) -> Self {
        Self {
            ptr: self.ptr.wrapping_add(by),
            ..self
        }
    }

    /// The first channel of a pixel.
    #[inline(always)]
    pub fn at(self, pixel: usize) -> *const f32 {
        self.ptr.wrapping_add(pixel * self.pixel_stride)
    }
}

impl Target {
    /// What was written, to read it.
    pub fn source(self) -> Source {
        Source {
            ptr: self.ptr,
            pixel_stride: self.pixel_stride,
        }
    }

    /// The first channel of a pixel.
    #[inline(always)]
    pub fn at(self, pixel: usize) -> *mut f32 {
        self.ptr.wrapping_add(pixel * self.pixel_stride)
    }
}
