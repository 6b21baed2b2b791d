//! The shape of a two-dimensional convolution.

use crate::axis::Axis;
use std::fmt;

/// The sizes of a two-dimensional convolution.
///
/// ```text
/// y[n, oh, ow, co] = sum_{kh, kw, ci} w[co, ci, kh, kw]
///     x[n, oh * stride_h + kh * dilation_h - top, ow * stride_w + kw * dilation_w - left, ci]
/// ```
///
/// with `ci` running over the input channels of the group of `co`.
/// Build one with struct syntax and hand it to [`ConvShape::check`], or let
/// the functions that take it do so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvShape {
    /// Images per batch; may be zero.
    pub batch: usize,
    /// Input channels over all groups.
    pub in_channels: usize,
    /// Input rows.
    pub in_height: usize,
    /// Input columns.
    pub in_width: usize,
    /// Output channels over all groups.
    pub out_channels: usize,
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Vertical and horizontal stride.
    pub stride: [usize; 2],
    /// Zero padding, `[[top, bottom], [left, right]]`.
    pub padding: [[usize; 2]; 2],
    /// Vertical and horizontal distance between kernel taps.
    pub dilation: [usize; 2],
    /// Groups of channels that are convolved independently.
    pub groups: usize,
}

/// Why a [`ConvShape`] is not a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShapeError {
    /// A size that must be positive is zero: channels, image, kernel, stride,
    /// dilation or groups.
    Zero(&'static str),
    /// The channels are not divisible by the number of groups.
    Groups,
    /// The dilated kernel is larger than the padded input.
    KernelTooLarge,
    /// A tensor has more elements than can be addressed.
    TooLarge,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero(what) => write!(f, "{what} must be positive"),
            Self::Groups => f.write_str("channels must be divisible by groups"),
            Self::TooLarge => f.write_str("a tensor has too many elements"),
            Self::KernelTooLarge => f.write_str("dilated kernel exceeds the padded input"),
        }
    }
}

impl std::error::Error for ShapeError {}

impl ConvShape {
    /// Checks that every size is positive, that the groups divide the channels
    /// and that the kernel fits the padded input.
    pub fn check(self) -> Result<Self, ShapeError> {
        let positive = [
            ("in_channels", self.in_channels),
            ("out_channels", self.out_channels),
            ("in_height", self.in_height),
            ("in_width", self.in_width),
            ("kernel", self.kernel[0].min(self.kernel[1])),
            ("stride", self.stride[0].min(self.stride[1])),
            ("dilation", self.dilation[0].min(self.dilation[1])),
            ("groups", self.groups),
        ];
        if let Some((what, _)) = positive.iter().find(|(_, size)| *size == 0) {
            return Err(ShapeError::Zero(what));
        }
        if [self.in_channels, self.out_channels]
            .iter()
            .any(|c| !c.is_multiple_of(self.groups))
        {
            return Err(ShapeError::Groups);
        }
        if !self.is_addressable() {
            return Err(ShapeError::TooLarge);
        }
        let fits = |i: usize| {
            let input = [self.in_height, self.in_width][i];
            let reach = (self.kernel[i] - 1) * self.dilation[i] + 1;
            reach <= input + self.padding[i][0] + self.padding[i][1]
        };
        if fits(0) && fits(1) {
            Ok(self)
        } else {
            Err(ShapeError::KernelTooLarge)
        }
    }

    /// Whether bounds of the sizes of all tensors, padding included, fit the
    /// address space, so that no later product of sizes overflows.
    fn is_addressable(&self) -> bool {
        let padded = |i: usize, input: usize| {
            [
                self.padding[i][1],
                self.kernel[i].saturating_mul(self.dilation[i]),
                self.stride[i],
            ]
            .iter()
            .fold(input.saturating_add(self.padding[i][0]), |sum, &size| {
                sum.saturating_add(size)
            })
        };
        let pixels = [
            self.batch.max(1),
            padded(0, self.in_height),
            padded(1, self.in_width),
        ];
        let product =
            |factors: &[usize]| factors.iter().fold(1, |a: usize, &b| a.saturating_mul(b));
        let tensor = product(&[product(&pixels), self.in_channels.max(self.out_channels)]);
        let taps = product(&self.kernel);
        let weights = product(&[taps, self.in_channels, self.out_channels]);
        tensor.max(weights) <= isize::MAX as usize / 64
    }

    /// Output rows.
    pub fn out_height(&self) -> usize {
        self.axes()[0].output
    }

    /// Output columns.
    pub fn out_width(&self) -> usize {
        self.axes()[1].output
    }

    /// Multiply-accumulate operations of one forward pass, padding included.
    pub fn macs(&self) -> u64 {
        [
            self.batch,
            self.out_height(),
            self.out_width(),
            self.out_channels,
        ]
        .iter()
        .chain(&[self.group_in(), self.kernel[0], self.kernel[1]])
        .map(|&size| size as u64)
        .product()
    }

    /// Pixels of the input batch.
    pub fn in_pixels(&self) -> usize {
        self.batch * self.in_height * self.in_width
    }

    /// Pixels of the output batch.
    pub fn out_pixels(&self) -> usize {
        self.batch * self.out_height() * self.out_width()
    }

    /// Number of weights, `out_channels * in_channels / groups * kh * kw`.
    pub fn weights(&self) -> usize {
        self.out_channels * self.group_in() * self.kernel[0] * self.kernel[1]
    }

    pub(crate) fn group_in(&self) -> usize {
        self.in_channels / self.groups
    }

    pub(crate) fn group_out(&self) -> usize {
        self.out_channels / self.groups
    }

    pub(crate) fn is_depthwise(&self) -> bool {
        self.groups > 1 && self.groups == self.in_channels && self.groups == self.out_channels
    }

    /// Groups, and input and output channels of each, as the engine counts
    /// them: a depthwise convolution is one group of all channels.
    pub(crate) fn engine_groups(&self) -> (usize, usize, usize) {
        if self.is_depthwise() {
            (1, self.in_channels, self.out_channels)
        } else {
            (self.groups, self.group_in(), self.group_out())
        }
    }

    pub(crate) fn axes(&self) -> [Axis; 2] {
        [0, 1].map(|i| {
            let input = [self.in_height, self.in_width][i];
            let reach = (self.kernel[i] - 1) * self.dilation[i] + 1;
            let padded = input + self.padding[i][0] + self.padding[i][1];
            Axis {
                input,
                output: (padded - reach) / self.stride[i] + 1,
                kernel: self.kernel[i],
                stride: self.stride[i],
                dilation: self.dilation[i],
                pad: self.padding[i][0] as isize,
            }
        })
    }
}
