//! Functions of vectors.

use super::{Simd, each_vector};

/// The most lanes of a vector.
pub(crate) const MOST_LANES: usize = 16;

/// The sum of all lanes.
#[inline(always)]
pub(crate) fn sum<S: Simd>(simd: S, x: S::Vector) -> f32 {
    const { assert!(S::LANES <= MOST_LANES) };
    let mut lanes = [0.0; MOST_LANES];
    // SAFETY: there is room for all lanes.
    unsafe { simd.store(lanes.as_mut_ptr(), x) };
    // Halves are added, which the compiler does with vectors.
    let mut half = MOST_LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// Values that are added up as `f32`, so that rounding does not grow with how many there are.
pub(crate) const BLOCK: usize = 32 * MOST_LANES;

/// Mean and inverse deviation of the values from `x` on.
///
/// # Safety
/// There are as many as `count` says.
#[inline(always)]
pub(crate) unsafe fn moments_of<S: Simd>(
    simd: S,
    x: *const f32,
    count: usize,
    epsilon: f32,
) -> [f32; 2] {
    let blocks = || {
        (0..count)
            .step_by(BLOCK)
            .map(|first| (first, BLOCK.min(count - first)))
    };
    let (mut total, mut squares) = (0.0, 0.0);
    // SAFETY: the caller's.
    unsafe {
        for (first, values) in blocks() {
            let (x, mut of_block) = (x.add(first), simd.zero());
            each_vector!(S, values, |at, n| {
                of_block = simd.add(of_block, simd.load_upto(x.add(at), n));
            });
            total += f64::from(sum(simd, of_block));
        }
        let mean = (total / count as f64) as f32;
        // Loaded like the values, so that lanes past the last one stay zero.
        let means = [mean; MOST_LANES];
        for (first, values) in blocks() {
            let (x, mut of_block) = (x.add(first), simd.zero());
            each_vector!(S, values, |at, n| {
                let mean = simd.load_upto(means.as_ptr(), n);
                let centred = simd.sub(simd.load_upto(x.add(at), n), mean);
                of_block = simd.mul_add(centred, centred, of_block);
            });
            squares += f64::from(sum(simd, of_block));
        }
        let variance = squares / count as f64 + f64::from(epsilon);
        [mean, variance.sqrt().recip() as f32]
    }
}

/// `exp(x)` with an error of about one unit in the last place; infinity is out
/// of reach, and what is less than the smallest normal number is that.
///
/// With `x = n ln 2 + r` and `r` about zero it is `2^n exp(r)`, where the
/// polynomial for `exp(r)` is that of the Cephes library.
#[inline(always)]
pub(crate) fn exp<S: Simd>(simd: S, x: S::Vector) -> S::Vector {
    const LEAST: f32 = -87.33;
    const MOST: f32 = 88.37;
    // Adding it rounds to integers, as its last place is one.
    const ROUNDING: f32 = 12_582_912.0;
    // Their sum is ln 2; the first has so few digits that its multiples are exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    const TAYLOR: [f32; 5] = [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_6e-1,
        0.5,
    ];
    // Written so that what is not a number stays so.
    let x = simd.max(simd.splat(LEAST), x);
    let most = simd.splat(MOST);
    let x = simd.select_greater(x, most, most, x);
    let rounding = simd.splat(ROUNDING);
    let shifted = simd.mul_add(x, simd.splat(std::f32::consts::LOG2_E), rounding);
    let n = simd.sub(shifted, rounding);
    let r = simd.mul_add(n, simd.splat(-LN_2[0]), x);
    let r = simd.mul_add(n, simd.splat(-LN_2[1]), r);
    let mut sum = simd.splat(1.987_569_1e-4);
    for coefficient in TAYLOR {
        sum = simd.mul_add(sum, r, simd.splat(coefficient));
    }
    let exp_r = simd.add(simd.mul_add(sum, simd.mul(r, r), r), simd.splat(1.0));
    simd.mul(exp_r, simd.power_of_two(n))
}

/// `1 / (1 + exp(-z))`.
#[inline(always)]
pub(crate) fn sigmoid<S: Simd>(simd: S, z: S::Vector) -> S::Vector {
    let one = simd.splat(1.0);
    let power = exp(simd, simd.sub(simd.zero(), z));
    simd.div(one, simd.add(one, power))
}

/// The normal distribution's probability below `x`, and its density there.
///
/// The tail is formula 7.1.26 of Abramowitz and Stegun, Handbook of Mathematical Functions, 1964,
/// which errs by 1.5e-7 at most.
#[inline(always)]
pub(crate) fn normal<S: Simd>(simd: S, x: S::Vector) -> (S::Vector, S::Vector) {
    const STEP: f32 = 0.327_591_1;
    // From the highest power down.
    const TAIL: [f32; 4] = [-1.453_152_1, 1.421_413_8, -0.284_496_72, 0.254_829_6];
    let (one, zero) = (simd.splat(1.0), simd.zero());
    let size = simd.max(simd.sub(zero, x), x);
    let half_square = simd.mul(simd.mul(x, x), simd.splat(-0.5));
    let power = exp(simd, half_square);
    let z = simd.mul(size, simd.splat(std::f32::consts::FRAC_1_SQRT_2));
    let t = simd.div(one, simd.mul_add(z, simd.splat(STEP), one));
    let mut sum = simd.splat(1.061_405_4);
    for coefficient in TAIL {
        sum = simd.mul_add(sum, t, simd.splat(coefficient));
    }
    let tail = simd.mul(simd.mul(sum, t), simd.mul(power, simd.splat(0.5)));
    let below = simd.select_greater(x, zero, simd.sub(one, tail), tail);
    // One over the square root of two pi.
    let density = simd.mul(power, simd.splat(0.398_942_3));
    (below, density)
}
