//! Transformed weights, `G g G^T`.
//!
//! They are laid out `[block of outputs][element][input channel][output in
//! block]`, with blocks of two vectors of outputs, of which the last may be one
//! vector, and a gap behind every element.

use super::transform::{self, ELEMENTS, GAP, POINTS, TAPS};
use crate::isa::{Isa, Kernel};
use crate::roles::{Roles, blocks, padded};
use crate::simd::Simd;
use crate::tile::LINE_FLOATS;
use rayon::prelude::*;

/// Floats of a block of the widest vectors.
const WIDTH: usize = 2 * 16;

/// Inputs whose taps are gathered at a time, so that these have reached the
/// cache when they are loaded as vectors.
const BATCH: usize = 8;

/// The taps of the outputs of a block for some inputs.
type Staged = [[[f32; WIDTH]; TAPS * TAPS]; BATCH];

/// Floats of the transformed weights.
pub(crate) fn len(roles: &Roles, lanes: usize) -> usize {
    let outputs = padded(roles.outputs, lanes);
    ELEMENTS * (roles.inputs * outputs + blocks(roles.outputs, lanes) * GAP)
}

/// Where the weights of an element start for the block that starts at output
/// `first` and has `width` outputs.
pub(crate) fn start(
    inputs: usize,
    first: usize,
    width: usize,
    lanes: usize,
    element: usize,
) -> usize {
    let before = first / (2 * lanes);
    ELEMENTS * (inputs * first + before * GAP) + element * (inputs * width + GAP)
}

/// Transforms weights to `packed`, which has [`len`] floats. `taps` are the
/// indices of the three by three taps, row by row.
pub(crate) fn pack(isa: Isa, roles: &Roles, taps: &[usize], weights: &[f32], packed: &mut [f32]) {
    let width = 2 * isa.lanes();
    packed
        .par_chunks_mut(ELEMENTS * (roles.inputs * width + GAP))
        .enumerate()
        .for_each(|(index, block)| {
            isa.run(PackBlock {
                roles,
                taps,
                weights,
                first: index * width,
                block,
            });
        });
}

/// One block of outputs.
struct PackBlock<'a> {
    roles: &'a Roles,
    taps: &'a [usize],
    weights: &'a [f32],
    first: usize,
    block: &'a mut [f32],
}

impl Kernel for PackBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            roles,
            taps,
            weights,
            first,
            block,
        } = self;
        let pitch = block.len() / ELEMENTS;
        let width = (pitch - GAP) / roles.inputs;
        let used = width.min(roles.outputs - first);
        let mut staged: Staged = [[[0.0; WIDTH]; TAPS * TAPS]; BATCH];
        for batch in (0..roles.inputs).step_by(BATCH) {
            let inputs = batch..(batch + BATCH).min(roles.inputs);
            // Lines that are written here and there are not fetched ahead by
            // themselves.
            for element in 0..ELEMENTS {
                let start = element * pitch + inputs.start * width;
                for at in (0..inputs.len() * width).step_by(LINE_FLOATS) {
                    simd.prefetch(block.as_ptr().wrapping_add(start + at));
                }
            }
            for output in 0..used {
                let output_start = (first + output) * roles.output_stride;
                for (input, staged) in inputs.clone().zip(&mut staged) {
                    let start = output_start + input * roles.input_stride;
                    let weights = &weights[start..start + TAPS * TAPS];
                    for tap in 0..TAPS * TAPS {
                        staged[tap][output] = weights[tap];
                    }
                }
            }
            for (input, staged) in inputs.zip(&staged) {
                for lane in (0..width).step_by(S::LANES) {
                    let target = block[input * width + lane..].as_mut_ptr();
                    // SAFETY: the staged rows and an input's row of every
                    // element have a vector at `lane`.
                    unsafe { transform(simd, staged, taps, lane, target, pitch) };
                }
            }
        }
    }
}

/// Transforms the taps of a vector of outputs; the elements are `pitch` apart.
///
/// # Safety
/// The rows of `staged` must have a vector from `lane` on, and `target` one at
/// every element.
#[inline(always)]
unsafe fn transform<S: Simd>(
    simd: S,
    staged: &[[f32; WIDTH]; TAPS * TAPS],
    taps: &[usize],
    lane: usize,
    target: *mut f32,
    pitch: usize,
) {
    let mut rows = [[simd.zero(); POINTS]; TAPS];
    for i in 0..TAPS {
        let mut g = [simd.zero(); TAPS];
        for j in 0..TAPS {
            // SAFETY: passed on from the caller.
            g[j] = unsafe { simd.load(staged[taps[i * TAPS + j]].as_ptr().add(lane)) };
        }
        rows[i] = transform::filter(simd, g);
    }
    for j in 0..POINTS {
        let mut g = [simd.zero(); TAPS];
        for i in 0..TAPS {
            g[i] = rows[i][j];
        }
        let values = transform::filter(simd, g);
        for i in 0..POINTS {
            // SAFETY: passed on from the caller.
            unsafe { simd.store(target.add((i * POINTS + j) * pitch), values[i]) };
        }
    }
}
