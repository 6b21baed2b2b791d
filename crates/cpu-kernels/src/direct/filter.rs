//! Packed weights.
//!
//! They are laid out `[group][block of outputs][tap][input channel][output in
//! block]`, with blocks of two vectors of outputs, of which the last may be one
//! vector. Outputs beyond the last channel are zero. A depthwise kernel counts
//! as one group of outputs with a single input channel.

use crate::roles::{Roles, padded};
use rayon::prelude::*;

/// Floats of the packed weights of that many taps.
pub(crate) fn len(roles: &Roles, taps: usize, lanes: usize) -> usize {
    taps * roles.groups * roles.inputs * padded(roles.outputs, lanes)
}

/// Packs the weights of the taps, group by group and block by block.
pub(crate) fn pack(
    roles: &Roles,
    lanes: usize,
    taps: &[usize],
    weights: &[f32],
    packed: &mut [f32],
) {
    let depth = taps.len() * roles.inputs;
    packed
        .par_chunks_mut(depth * padded(roles.outputs, lanes))
        .zip(weights.par_chunks(weights.len() / roles.groups))
        .for_each(|(group, weights)| {
            group
                .par_chunks_mut(depth * 2 * lanes)
                .enumerate()
                .for_each(|(b, block)| {
                    pack_block(roles, block, depth, b * 2 * lanes, taps, weights);
                });
        });
}

/// Packs the outputs from `first` on into a block `[depth][width]`.
fn pack_block(
    roles: &Roles,
    block: &mut [f32],
    depth: usize,
    first: usize,
    taps: &[usize],
    weights: &[f32],
) {
    let width = block.len() / depth;
    let used = width.min(roles.outputs - first);
    let mut rows = block.chunks_exact_mut(width);
    for &tap in taps {
        for input in 0..roles.inputs {
            let Some(row) = rows.next() else { return };
            let start = first * roles.output_stride + input * roles.input_stride + tap;
            let (row, rest) = row.split_at_mut(used);
            for (lane, out) in row.iter_mut().enumerate() {
                *out = weights[start + lane * roles.output_stride];
            }
            rest.fill(0.0);
        }
    }
}
