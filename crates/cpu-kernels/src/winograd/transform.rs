//! The one-dimensional transforms of F(4, 3).
//!
//! Four outputs of a filter of three taps, `y[i] = sum_k d[i + k] g[k]`, are
//! coefficients of a product of two polynomials, which is known from its values
//! at six points. With the points 0, `a`, `-a`, `b`, `-b` and infinity,
//! `y = A^T ((G g) * (B^T d))`, where
//!
//! ```text
//!        / aabb    0  -aa-bb     0    1  0 \          / 1  1   1  1   1  0 \
//!        |   0  -abb    -bb      a    1  0 |    A^T = | 0  a  -a  b  -b  0 |
//!  B^T = |   0   abb    -bb     -a    1  0 |          | 0 aa  aa bb  bb  0 |
//!        |   0  -aab    -aa      b    1  0 |          \ 0 a3 -a3 b3 -b3  1 /
//!        |   0   aab    -aa     -b    1  0 |
//!        \   0  aabb     0   -aa-bb   0  1 /
//!
//!  G = row of p: (1  p  pp) / prod_{q != p} (p - q), row of infinity: (0  0  1)
//! ```
//!
//! The closer `a` and `1 / b` are to one another and to one, the less the
//! values at the points differ in size, and the fewer digits cancel. `a = 3/4`
//! and `b = 3/2` are about the best, and all entries of `A` and `B` are exact
//! in binary. Errors of a sum over 64 channels, with inputs and weights uniform
//! in -1..1, relative to the sum of the magnitudes of its terms (largest) and
//! to the error of the sum term by term (root mean square):
//!
//! | | largest | root mean square |
//! |-|-|-|
//! | term by term, 576 terms | 1.8e-7 | 1.0 |
//! | F(2, 3), points 0, 1, -1 | 0.6e-7 | 0.7 |
//! | F(4, 3), points 1 and 2 as Lavin and Gray | 9.0e-7 | 3.8 |
//! | F(4, 3), points 3/4 and 3/2 | 2.6e-7 | 1.9 |

use crate::simd::Simd;

/// Outputs of the transform.
pub(crate) const OUTPUTS: usize = 4;
/// Inputs under them, and points at which the polynomials are evaluated.
pub(crate) const POINTS: usize = 6;
/// Taps of the filter.
pub(crate) const TAPS: usize = 3;
/// Elements of a transformed window.
pub(crate) const ELEMENTS: usize = POINTS * POINTS;
/// Floats between the ends and the starts of successive elements, so that
/// these do not fall on the same lines of a cache.
pub(crate) const GAP: usize = 16;

const A: f32 = 0.75;
const B: f32 = 1.5;
const AA: f32 = A * A;
const BB: f32 = B * B;
/// The divisors of `G` at `a` and `-a`, and at `b` and `-b`, as factors.
const AT_A: f32 = 0.5 / (AA * (AA - BB));
const AT_B: f32 = 0.5 / (BB * (BB - AA));

/// `factor * x + y`.
#[inline(always)]
fn fused<S: Simd>(simd: S, factor: f32, x: S::Vector, y: S::Vector) -> S::Vector {
    simd.mul_add(simd.splat(factor), x, y)
}

/// `factor * x`.
#[inline(always)]
fn scaled<S: Simd>(simd: S, factor: f32, x: S::Vector) -> S::Vector {
    simd.mul(simd.splat(factor), x)
}

/// `B^T d`.
#[inline(always)]
pub(crate) fn input<S: Simd>(simd: S, d: [S::Vector; POINTS]) -> [S::Vector; POINTS] {
    let (even_a, odd_a) = (fused(simd, -BB, d[2], d[4]), fused(simd, -BB, d[1], d[3]));
    let (even_b, odd_b) = (fused(simd, -AA, d[2], d[4]), fused(simd, -AA, d[1], d[3]));
    [
        fused(simd, AA * BB, d[0], fused(simd, -AA - BB, d[2], d[4])),
        fused(simd, A, odd_a, even_a),
        fused(simd, -A, odd_a, even_a),
        fused(simd, B, odd_b, even_b),
        fused(simd, -B, odd_b, even_b),
        fused(simd, AA * BB, d[1], fused(simd, -AA - BB, d[3], d[5])),
    ]
}

/// `G g`.
#[inline(always)]
pub(crate) fn filter<S: Simd>(simd: S, g: [S::Vector; TAPS]) -> [S::Vector; POINTS] {
    let even_a = fused(simd, AT_A * AA, g[2], scaled(simd, AT_A, g[0]));
    let even_b = fused(simd, AT_B * BB, g[2], scaled(simd, AT_B, g[0]));
    let (odd_a, odd_b) = (scaled(simd, AT_A * A, g[1]), scaled(simd, AT_B * B, g[1]));
    [
        scaled(simd, 1.0 / (AA * BB), g[0]),
        simd.add(even_a, odd_a),
        simd.sub(even_a, odd_a),
        simd.add(even_b, odd_b),
        simd.sub(even_b, odd_b),
        g[2],
    ]
}

/// `A^T m`.
#[inline(always)]
pub(crate) fn output<S: Simd>(simd: S, m: [S::Vector; POINTS]) -> [S::Vector; OUTPUTS] {
    let (even_a, odd_a) = (simd.add(m[1], m[2]), simd.sub(m[1], m[2]));
    let (even_b, odd_b) = (simd.add(m[3], m[4]), simd.sub(m[3], m[4]));
    [
        simd.add(m[0], simd.add(even_a, even_b)),
        fused(simd, A, odd_a, scaled(simd, B, odd_b)),
        fused(simd, AA, even_a, scaled(simd, BB, even_b)),
        fused(simd, A * AA, odd_a, fused(simd, B * BB, odd_b, m[5])),
    ]
}

/// `A y`, the transpose of [`output`].
#[inline(always)]
pub(crate) fn output_gradient<S: Simd>(simd: S, y: [S::Vector; OUTPUTS]) -> [S::Vector; POINTS] {
    let (even_a, odd_a) = (fused(simd, AA, y[2], y[0]), fused(simd, AA, y[3], y[1]));
    let (even_b, odd_b) = (fused(simd, BB, y[2], y[0]), fused(simd, BB, y[3], y[1]));
    [
        y[0],
        fused(simd, A, odd_a, even_a),
        fused(simd, -A, odd_a, even_a),
        fused(simd, B, odd_b, even_b),
        fused(simd, -B, odd_b, even_b),
        y[3],
    ]
}

/// `G^T s`, the transpose of [`filter`].
#[inline(always)]
pub(crate) fn filter_gradient<S: Simd>(simd: S, s: [S::Vector; POINTS]) -> [S::Vector; TAPS] {
    let even_a = scaled(simd, AT_A, simd.add(s[1], s[2]));
    let even_b = scaled(simd, AT_B, simd.add(s[3], s[4]));
    let odd_a = scaled(simd, AT_A * A, simd.sub(s[1], s[2]));
    let odd_b = scaled(simd, AT_B * B, simd.sub(s[3], s[4]));
    [
        fused(simd, 1.0 / (AA * BB), s[0], simd.add(even_a, even_b)),
        simd.add(odd_a, odd_b),
        fused(simd, AA, even_a, fused(simd, BB, even_b, s[5])),
    ]
}
