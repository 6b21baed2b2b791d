//! One spatial axis of a convolution.
//!
//! A two-dimensional convolution treats its two axes independently, so all
//! index arithmetic (output sizes, and the split of a strided convolution's
//! gradient into phases) is written once, for one axis.

/// One axis of the correlation
/// `y[o] = sum_k x[o * stride + k * dilation - pad] w[k]`,
/// where `x` is zero outside `0..input`.
///
/// `pad` is signed: the gradient of a convolution padded by more than its
/// kernel reads only a cropped part of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    pub input: usize,
    pub output: usize,
    pub kernel: usize,
    pub stride: usize,
    pub dilation: usize,
    pub pad: isize,
}

/// One phase of the gradient with respect to the input: the positions
/// `first, first + step, ...` of the input gradient, which are a stride-one
/// correlation of the output gradient with every `tap_step`-th tap.
#[derive(Clone, Debug)]
pub(crate) struct Phase {
    /// The stride-one correlation; its kernel may be empty.
    pub axis: Axis,
    /// First input position of the phase.
    pub first: usize,
    /// Distance between the input positions of the phase.
    pub step: usize,
    /// Taps of the original kernel, in the order of this phase's kernel.
    pub taps: Vec<usize>,
}

impl Axis {
    /// Length of the input window under `outputs` neighbouring outputs.
    pub fn window(&self, outputs: usize) -> usize {
        if outputs == 0 || self.kernel == 0 {
            return 0;
        }
        (outputs - 1) * self.stride + (self.kernel - 1) * self.dilation + 1
    }

    /// First input position under output `o`; negative inside the padding.
    pub fn start(&self, o: usize) -> isize {
        (o * self.stride) as isize - self.pad
    }

    /// Whether every tap of every output lies inside the input.
    pub fn is_interior(&self) -> bool {
        self.pad <= 0 && self.start(0) + self.window(self.output) as isize <= self.input as isize
    }

    /// The taps of output `o` that lie inside the input, as `(tap, input)`.
    #[inline(always)]
    pub fn clipped(&self, o: usize) -> impl Iterator<Item = (usize, usize)> {
        let (start, dilation, input) = (self.start(o), self.dilation, self.input);
        (0..self.kernel)
            .map(move |k| (k, start + (k * dilation) as isize))
            .filter(move |(_, i)| (0..input as isize).contains(i))
            .map(|(k, i)| (k, i as usize))
    }

    /// The outputs whose windows hold input `i`, as `(tap, output)`.
    #[inline(always)]
    pub fn covering(&self, i: usize) -> impl Iterator<Item = (usize, usize)> {
        let (position, axis) = (i as isize + self.pad, *self);
        (0..self.kernel).filter_map(move |k| {
            let offset = position - (k * axis.dilation) as isize;
            let o = offset / axis.stride as isize;
            let hit = offset >= 0 && offset % axis.stride as isize == 0;
            (hit && o < axis.output as isize).then_some((k, o as usize))
        })
    }

    /// The phases of the gradient with respect to the input.
    ///
    /// Input position `i = first + stride * t` receives tap `k` of output
    /// `o = (i + pad - k * dilation) / stride` whenever the division is exact.
    /// The taps for which it is exact depend on `first` alone and are evenly
    /// spaced, so the phase is a correlation of stride one.
    pub fn phases(&self) -> Vec<Phase> {
        let (stride, dilation) = (self.stride as isize, self.dilation as isize);
        let common = gcd(self.stride, self.dilation);
        let tap_step = self.stride / common;
        (0..self.stride.min(self.input))
            .map(|first| {
                let remainder = |k: usize| first as isize + self.pad - k as isize * dilation;
                let first_tap =
                    (0..tap_step.min(self.kernel)).find(|&k| remainder(k) % stride == 0);
                let mut taps: Vec<usize> = match first_tap {
                    Some(k) => (k..self.kernel).step_by(tap_step).collect(),
                    None => Vec::new(),
                };
                let reach = taps.len().saturating_sub(1) * (self.dilation / common);
                let pad = first_tap.map_or(0, |k| reach as isize - remainder(k) / stride);
                taps.reverse();
                Phase {
                    axis: Axis {
                        input: self.output,
                        output: (self.input - first).div_ceil(self.stride),
                        kernel: taps.len(),
                        stride: 1,
                        dilation: self.dilation / common,
                        pad,
                    },
                    first,
                    step: self.stride,
                    taps,
                }
            })
            .collect()
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
