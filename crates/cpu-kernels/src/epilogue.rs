//! What happens to a convolution's result as it is written.

use crate::act::Act;
use crate::act_pass::finish_chunk;
use crate::chunks::for_each_chunk;
use crate::isa::{Isa, Kernel};
use crate::simd::{Simd, each_vector};
use crate::view::{Source, Target, View, ViewMut};
use std::ops::Range;

/// Applied to each output as it is written:
/// `y = act(conv * scale + bias + residual)`, every step optional.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// Factor per output channel.
    pub scale: Option<&'a [f32]>,
    /// Summand per output channel.
    pub bias: Option<&'a [f32]>,
    /// A tensor of the output's shape that is added.
    pub residual: Option<View<'a>>,
    /// What is done last.
    pub act: Act,
}

impl Epilogue<'_> {
    /// # Panics
    /// If a per-channel slice does not have `channels` entries, or the slope
    /// of the activation is not positive.
    pub(crate) fn check(&self, channels: usize) {
        self.act.check();
        for slice in [self.scale, self.bias].into_iter().flatten() {
            assert_eq!(slice.len(), channels, "epilogue entries per output channel");
        }
    }
}

/// `y = act(x * scale + bias + residual)`, every step optional: the
/// normalising step of a batch normalisation, or a plain sum of tensors.
///
/// All tensors are `[pixels, channels]`.
///
/// # Panics
/// If a view or a per-channel slice is too short, or a slope is not positive.
pub fn apply_epilogue(
    isa: Isa,
    pixels: usize,
    channels: usize,
    x: View,
    epilogue: &Epilogue,
    mut y: ViewMut,
) {
    epilogue.check(channels);
    let (x, y) = (x.source(pixels, channels), y.target(pixels, channels));
    let residual = epilogue.residual.map(|view| view.source(pixels, channels));
    for_each_chunk(pixels, channels, |_, pixels| {
        isa.run(Apply {
            pixels: pixels.clone(),
            channels,
            x,
            y,
            residual,
            epilogue,
        });
        finish_chunk(isa, epilogue.act, pixels, channels, y);
    });
}

struct Apply<'a> {
    pixels: Range<usize>,
    channels: usize,
    x: Source,
    y: Target,
    residual: Option<Source>,
    epilogue: &'a Epilogue<'a>,
}

impl Kernel for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            pixels,
            channels,
            x,
            y,
            residual,
            epilogue,
        } = self;
        // Asked once: the loop is a few instructions long.
        let relu = epilogue.act == Act::Relu;
        for pixel in pixels {
            // SAFETY: the views were checked for all pixels and channels, the
            // tables for all channels; tasks own their pixels of `y`.
            each_vector!(S, channels, |c, n| {
                unsafe {
                    let mut value = simd.load_upto(x.at(pixel).add(c), n);
                    if let Some(scale) = epilogue.scale {
                        value = simd.mul(value, simd.load_upto(scale.as_ptr().add(c), n));
                    }
                    if let Some(bias) = epilogue.bias {
                        value = simd.add(value, simd.load_upto(bias.as_ptr().add(c), n));
                    }
                    if let Some(residual) = residual {
                        value = simd.add(value, simd.load_upto(residual.at(pixel).add(c), n));
                    }
                    if relu {
                        value = simd.max(value, simd.zero());
                    }
                    simd.store_upto(y.at(pixel).add(c), value, n);
                }
            });
        }
    }
}
