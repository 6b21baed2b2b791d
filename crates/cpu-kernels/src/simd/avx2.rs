//! Eight floats in an AVX2 register.

use super::Simd;
use std::arch::x86_64::*;

/// The token of AVX2 with fused multiply-add.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// # Safety
    /// The processor must support AVX2 and FMA.
    #[inline(always)]
    pub unsafe fn new() -> Self {
        Self(())
    }
}

/// `MASKS[8 - n..]` starts with `n` set lanes.
static MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

#[inline(always)]
fn mask(count: usize) -> __m256i {
    let start = 8 - count.min(8);
    // SAFETY: `start <= 8`, so the eight entries read lie inside the table;
    // the caller holds the token.
    unsafe { _mm256_loadu_si256(MASKS.as_ptr().add(start).cast()) }
}

// SAFETY of the arithmetic below: the token proves that the instructions exist.
impl Simd for Avx2 {
    type Vector = __m256;
    const LANES: usize = 8;
    const TILE_PIXELS: usize = 6;

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        unsafe { _mm256_set1_ps(value) }
    }
    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    fn div(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_div_ps(a, b) }
    }
    #[inline(always)]
    fn power_of_two(self, n: __m256) -> __m256 {
        unsafe {
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
            _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent))
        }
    }
    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn select_greater(self, a: __m256, b: __m256, yes: __m256, no: __m256) -> __m256 {
        unsafe { _mm256_blendv_ps(no, yes, _mm256_cmp_ps::<_CMP_GT_OQ>(a, b)) }
    }
    #[inline(always)]
    unsafe fn load(self, ptr: *const f32) -> __m256 {
        unsafe { _mm256_loadu_ps(ptr) }
    }
    #[inline(always)]
    unsafe fn load_first(self, ptr: *const f32, count: usize) -> __m256 {
        unsafe { _mm256_maskload_ps(ptr, mask(count)) }
    }
    #[inline(always)]
    unsafe fn store(self, ptr: *mut f32, value: __m256) {
        unsafe { _mm256_storeu_ps(ptr, value) }
    }
    /// In halves: masked stores take dozens of cycles on some processors.
    #[inline(always)]
    unsafe fn store_first(self, ptr: *mut f32, value: __m256, count: usize) {
        unsafe {
            let (mut ptr, mut rest, mut half) = (ptr, count, _mm256_castps256_ps128(value));
            if rest >= 4 {
                _mm_storeu_ps(ptr, half);
                (ptr, rest, half) = (ptr.add(4), rest - 4, _mm256_extractf128_ps::<1>(value));
            }
            if rest >= 2 {
                _mm_storel_pd(ptr.cast(), _mm_castps_pd(half));
                (ptr, rest, half) = (ptr.add(2), rest - 2, _mm_movehl_ps(half, half));
            }
            if rest == 1 {
                _mm_store_ss(ptr, half);
            }
        }
    }
    #[inline(always)]
    fn prefetch(self, ptr: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(ptr.cast()) }
    }
}
