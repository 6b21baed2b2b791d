//! Activations as values.

use crate::simd::Simd;

/// A function of every element.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Act {
    /// `x`.
    #[default]
    None,
    /// `max(x, 0)`.
    Relu,
    /// `x` where it is positive, else `x` times this slope, which is positive.
    LeakyRelu(f32),
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `x * sigmoid(x)`.
    Silu,
    /// `x * Phi(x)` with the normal distribution `Phi`: the exact form, of
    /// which that with a hyperbolic tangent is an approximation.
    Gelu,
}

impl Act {
    /// Whether the derivative follows from the result. Otherwise
    /// [`act_backward`](crate::act_backward) needs the input.
    pub fn derivative_from_result(self) -> bool {
        !matches!(self, Self::Silu | Self::Gelu)
    }

    /// Whether it consists of straight pieces, as those that the gradient of a
    /// normalisation goes back through by itself.
    pub(crate) fn is_straight(self) -> bool {
        matches!(self, Self::None | Self::Relu | Self::LeakyRelu(_))
    }

    /// Whether an epilogue does it on each result before that is written. The
    /// others take a pass of their own: the loop that writes is so tight that
    /// a choice between more of them slows those that do without.
    pub(crate) fn is_done_early(self) -> bool {
        matches!(self, Self::None | Self::Relu)
    }

    /// # Panics
    /// If a slope is not positive: the sign of the result would not tell on
    /// which side of the kink it is.
    pub(crate) fn check(self) {
        if let Self::LeakyRelu(slope) = self {
            assert!(
                slope > 0.0 && slope.is_finite(),
                "slope = {slope}: must be positive; Act::Relu is the one with slope zero"
            );
        }
    }

    /// One that [is straight](Self::is_straight), of a vector.
    #[inline(always)]
    pub(crate) fn bend<S: Simd>(self, simd: S, x: S::Vector) -> S::Vector {
        match self {
            Self::Relu => simd.max(x, simd.zero()),
            Self::LeakyRelu(slope) => {
                simd.select_greater(x, simd.zero(), x, simd.mul(x, simd.splat(slope)))
            }
            _ => x,
        }
    }

    /// The gradient of [`bend`](Self::bend), from its result.
    #[inline(always)]
    pub(crate) fn bend_gradient<S: Simd>(self, simd: S, y: S::Vector, dy: S::Vector) -> S::Vector {
        match self {
            Self::Relu => simd.select_greater(y, simd.zero(), dy, simd.zero()),
            Self::LeakyRelu(slope) => {
                simd.select_greater(y, simd.zero(), dy, simd.mul(dy, simd.splat(slope)))
            }
            _ => dy,
        }
    }
}
