//! Vectors of `f32` over which the kernels are generic.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod math;
mod portable;

#[cfg(target_arch = "x86_64")]
pub(crate) use self::{avx2::Avx2, avx512::Avx512};
pub(crate) use portable::Portable;

/// Runs a block for every vector of `channels` channels, with its first channel and how many it
/// has: `LANES` but for the last.
///
/// A macro, as a closure is not sure to be inlined, and outside of the function that enables the
/// instruction set every instruction would be a call.
macro_rules! each_vector {
    ($simd:ty, $channels:expr, |$first:ident, $count:ident| $body:block) => {
        let channels: usize = $channels;
        let lanes = <$simd as $crate::simd::Simd>::LANES;
        let whole = channels / lanes * lanes;
        for $first in (0..whole).step_by(lanes) {
            let $count = lanes;
            $body
        }
        if whole < channels {
            let ($first, $count) = (whole, channels - whole);
            $body
        }
    };
}
pub(crate) use each_vector;

/// An instruction set's vector of `f32`.
///
/// A value of the implementing type is a token: it exists only where the
/// processor has the instructions, so the arithmetic is safe to call.
pub(crate) trait Simd: Copy + Send + Sync {
    /// A vector register.
    type Vector: Copy;
    /// Floats in a vector.
    const LANES: usize;
    /// Pixels in the register tile of the convolution.
    const TILE_PIXELS: usize;

    fn splat(self, value: f32) -> Self::Vector;
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `2^n` for whole numbers `n` from -126 to 127.
    fn power_of_two(self, n: Self::Vector) -> Self::Vector;
    /// The larger of the two, lane by lane; `b` where either is not a number.
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b + c`.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `yes` in the lanes where `a > b`, `no` elsewhere.
    fn select_greater(
        self,
        a: Self::Vector,
        b: Self::Vector,
        yes: Self::Vector,
        no: Self::Vector,
    ) -> Self::Vector;

    /// # Safety
    /// `ptr` must be valid for reading `LANES` floats.
    unsafe fn load(self, ptr: *const f32) -> Self::Vector;
    /// Loads the first `count` lanes and sets the others to zero.
    ///
    /// # Safety
    /// `ptr` must be valid for reading `count <= LANES` floats.
    unsafe fn load_first(self, ptr: *const f32, count: usize) -> Self::Vector;
    /// # Safety
    /// `ptr` must be valid for writing `LANES` floats.
    unsafe fn store(self, ptr: *mut f32, value: Self::Vector);
    /// Stores the first `count` lanes.
    ///
    /// # Safety
    /// `ptr` must be valid for writing `count <= LANES` floats.
    unsafe fn store_first(self, ptr: *mut f32, value: Self::Vector, count: usize);

    /// [`load`](Self::load) or [`load_first`](Self::load_first).
    ///
    /// # Safety
    /// `ptr` must be valid for reading `count <= LANES` floats.
    #[inline(always)]
    unsafe fn load_upto(self, ptr: *const f32, count: usize) -> Self::Vector {
        // SAFETY: passed on from the caller.
        unsafe {
            if count == Self::LANES {
                self.load(ptr)
            } else {
                self.load_first(ptr, count)
            }
        }
    }

    /// [`store`](Self::store) or [`store_first`](Self::store_first).
    ///
    /// # Safety
    /// `ptr` must be valid for writing `count <= LANES` floats.
    #[inline(always)]
    unsafe fn store_upto(self, ptr: *mut f32, value: Self::Vector, count: usize) {
        // SAFETY: passed on from the caller.
        unsafe {
            if count == Self::LANES {
                self.store(ptr, value)
            } else {
                self.store_first(ptr, value, count)
            }
        }
    }

    /// Asks for the cache line at any address to be fetched.
    #[inline(always)]
    fn prefetch(self, ptr: *const f32) {
        let _ = ptr;
    }

    #[inline(always)]
    fn zero(self) -> Self::Vector {
        self.splat(0.0)
    }
}
