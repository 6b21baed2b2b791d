//! Eight floats in plain Rust, for processors without a path of their own.

use super::Simd;

/// The token that anyone may hold.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

const LANES: usize = 8;

#[inline(always)]
fn zip(a: [f32; LANES], b: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    let mut out = [0.0; LANES];
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = f(a, b);
    }
    out
}

impl Simd for Portable {
    type Vector = [f32; LANES];
    const LANES: usize = LANES;
    const TILE_PIXELS: usize = 6;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Vector {
        [value; LANES]
    }
    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        zip(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn power_of_two(self, n: Self::Vector) -> Self::Vector {
        n.map(|n| f32::from_bits(((n as i32 + 127) as u32) << 23))
    }
    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        zip(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        // Without the instruction, `f32::mul_add` is a slow library call.
        if cfg!(any(target_arch = "aarch64", target_feature = "fma")) {
            let mut out = c;
            for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
                *out = a.mul_add(b, *out);
            }
            out
        } else {
            self.add(self.mul(a, b), c)
        }
    }
    #[inline(always)]
    fn select_greater(
        self,
        a: Self::Vector,
        b: Self::Vector,
        yes: Self::Vector,
        no: Self::Vector,
    ) -> Self::Vector {
        std::array::from_fn(|i| if a[i] > b[i] { yes[i] } else { no[i] })
    }
    #[inline(always)]
    unsafe fn load(self, ptr: *const f32) -> Self::Vector {
        // SAFETY: the caller vouches for `LANES` floats.
        unsafe { ptr.cast::<Self::Vector>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn load_first(self, ptr: *const f32, count: usize) -> Self::Vector {
        let mut out = [0.0; LANES];
        // SAFETY: the caller vouches for `count` floats.
        let source = unsafe { std::slice::from_raw_parts(ptr, count.min(LANES)) };
        out[..source.len()].copy_from_slice(source);
        out
    }
    #[inline(always)]
    unsafe fn store(self, ptr: *mut f32, value: Self::Vector) {
        // SAFETY: the caller vouches for `LANES` floats.
        unsafe { ptr.cast::<Self::Vector>().write_unaligned(value) }
    }
    #[inline(always)]
    unsafe fn store_first(self, ptr: *mut f32, value: Self::Vector, count: usize) {
        // SAFETY: the caller vouches for `count` floats.
        let target = unsafe { std::slice::from_raw_parts_mut(ptr, count.min(LANES)) };
        target.copy_from_slice(&value[..count.min(LANES)]);
    }
}
