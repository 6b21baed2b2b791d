//! What happens to a tile before and after the products.

use super::tiles::Tile;
use super::transform::{self, OUTPUTS, POINTS, TAPS};
use crate::finish::Outputs;
use crate::simd::{Simd, each_vector};
use std::mem::MaybeUninit;

/// Floats of a tile of outputs, a vector of AVX-512 each.
const SUMS: usize = OUTPUTS * OUTPUTS * 16;

/// Room for the outputs of a tile.
#[repr(align(64))]
struct Sums(#[allow(dead_code)] [f32; SUMS]);

/// Transforms the `channels` channels of the pixels under a tile, `B^T d B`.
/// The first element goes to `target`, the others each `pitch` further; the
/// channels are filled up with zeros to whole vectors.
///
/// # Safety
/// The pixels must be valid for the channels, and `target` at every element
/// for the channels in whole vectors.
#[inline(always)]
pub(crate) unsafe fn input<S: Simd>(
    simd: S,
    window: &[[*const f32; POINTS]; POINTS],
    channels: usize,
    target: *mut f32,
    pitch: usize,
) {
    each_vector!(S, channels, |c, count| {
        let mut rows = [[simd.zero(); POINTS]; POINTS];
        for i in 0..POINTS {
            let mut d = [simd.zero(); POINTS];
            for j in 0..POINTS {
                // SAFETY: the pixel has `count` channels from `c` on.
                d[j] = unsafe { simd.load_upto(window[i][j].add(c), count) };
            }
            rows[i] = transform::input(simd, d);
        }
        for j in 0..POINTS {
            let mut d = [simd.zero(); POINTS];
            for i in 0..POINTS {
                d[i] = rows[i][j];
            }
            let values = transform::input(simd, d);
            for i in 0..POINTS {
                // SAFETY: passed on from the caller.
                unsafe { simd.store(target.add((i * POINTS + j) * pitch + c), values[i]) };
            }
        }
    });
}

/// The products of a tile.
pub(crate) struct Products {
    pub ptr: *const f32,
    /// Floats from one element to the next.
    pub pitch: usize,
    pub channels: usize,
}

/// Transforms the products of a tile back, `A^T m A`, and writes its outputs,
/// of which the first is number `first` of the task.
///
/// # Safety
/// The products must be valid at every element for the channels in whole
/// vectors, and the outputs as for [`Outputs::write`].
#[inline(always)]
pub(crate) unsafe fn output<S: Simd>(
    simd: S,
    products: &Products,
    tile: &Tile,
    first: usize,
    outputs: &Outputs,
) {
    let mut sums = MaybeUninit::<Sums>::uninit();
    let sums = sums.as_mut_ptr().cast::<f32>();
    let [height, width] = tile.size;
    each_vector!(S, products.channels, |c, count| {
        let mut columns = [[simd.zero(); OUTPUTS]; POINTS];
        for j in 0..POINTS {
            let mut m = [simd.zero(); POINTS];
            for i in 0..POINTS {
                let element = (i * POINTS + j) * products.pitch;
                // SAFETY: passed on from the caller.
                m[i] = unsafe { simd.load(products.ptr.add(element + c)) };
            }
            columns[j] = transform::output(simd, m);
        }
        for i in 0..height {
            let mut m = [simd.zero(); POINTS];
            for j in 0..POINTS {
                m[j] = columns[j][i];
            }
            let y = transform::output(simd, m);
            // All four, of which the next row overwrites those beyond the tile.
            for j in 0..OUTPUTS {
                // SAFETY: `i * width + j` is less than four times four.
                unsafe { simd.store(sums.add((i * width + j) * S::LANES), y[j]) };
            }
        }
        let pixels = first..first + tile.pixels();
        // SAFETY: passed on from the caller; the sums of all pixels were stored.
        unsafe { outputs.write(simd, pixels, c..c + count, sums, S::LANES) };
    });
}

/// Transforms the `channels` channels of the gradients of a tile of outputs,
/// `A dy A^T`. The first element goes to `target`, the others each `pitch`
/// further, and every second vector of channels `block` further.
///
/// # Safety
/// The pixels must be valid for the channels, and `target` at every element
/// for the channels in whole vectors.
#[inline(always)]
pub(crate) unsafe fn gradient<S: Simd>(
    simd: S,
    pixels: &[[*const f32; OUTPUTS]; OUTPUTS],
    channels: usize,
    target: *mut f32,
    pitch: usize,
    block: usize,
) {
    each_vector!(S, channels, |c, count| {
        let mut rows = [[simd.zero(); POINTS]; OUTPUTS];
        for i in 0..OUTPUTS {
            let mut y = [simd.zero(); OUTPUTS];
            for j in 0..OUTPUTS {
                // SAFETY: the pixel has `count` channels from `c` on.
                y[j] = unsafe { simd.load_upto(pixels[i][j].add(c), count) };
            }
            rows[i] = transform::output_gradient(simd, y);
        }
        let at = c / (2 * S::LANES) * block + c % (2 * S::LANES);
        for j in 0..POINTS {
            let mut y = [simd.zero(); OUTPUTS];
            for i in 0..OUTPUTS {
                y[i] = rows[i][j];
            }
            let values = transform::output_gradient(simd, y);
            for i in 0..POINTS {
                // SAFETY: passed on from the caller.
                unsafe { simd.store(target.add((i * POINTS + j) * pitch + at), values[i]) };
            }
        }
    });
}

/// Transforms the sums of the gradient of a vector of filters, `G^T s G`. The
/// elements are `pitch` apart, the taps `tap_pitch`.
///
/// # Safety
/// `sums` must be valid for a vector at every element, `target` at every tap.
#[inline(always)]
pub(crate) unsafe fn weights<S: Simd>(
    simd: S,
    sums: *const f32,
    pitch: usize,
    target: *mut f32,
    tap_pitch: usize,
) {
    let mut rows = [[simd.zero(); TAPS]; POINTS];
    for i in 0..POINTS {
        let mut s = [simd.zero(); POINTS];
        for j in 0..POINTS {
            // SAFETY: passed on from the caller.
            s[j] = unsafe { simd.load(sums.add((i * POINTS + j) * pitch)) };
        }
        rows[i] = transform::filter_gradient(simd, s);
    }
    for j in 0..TAPS {
        let mut s = [simd.zero(); POINTS];
        for i in 0..POINTS {
            s[i] = rows[i][j];
        }
        let taps = transform::filter_gradient(simd, s);
        for i in 0..TAPS {
            // SAFETY: passed on from the caller.
            unsafe { simd.store(target.add((i * TAPS + j) * tap_pitch), taps[i]) };
        }
    }
}
