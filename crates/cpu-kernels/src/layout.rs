//! Conversion between channels-first and channels-last tensors.

use rayon::prelude::*;

/// Rows and columns of the blocks in which matrices are transposed.
const BLOCK: usize = 16;
/// Rows of a transposed matrix per task.
const TASK_ROWS: usize = 64;

/// `[batch, channels, pixels]` to `[batch, pixels, channels]`.
///
/// # Panics
/// If a slice does not have `batch * channels * pixels` elements.
pub fn channels_last(batch: usize, channels: usize, pixels: usize, x: &[f32], y: &mut [f32]) {
    transpose(batch, channels, pixels, x, y);
}

/// `[batch, pixels, channels]` to `[batch, channels, pixels]`.
///
/// # Panics
/// If a slice does not have `batch * channels * pixels` elements.
pub fn channels_first(batch: usize, channels: usize, pixels: usize, x: &[f32], y: &mut [f32]) {
    transpose(batch, pixels, channels, x, y);
}

/// `[batch, rows, columns]` to `[batch, columns, rows]`.
fn transpose(batch: usize, rows: usize, columns: usize, x: &[f32], y: &mut [f32]) {
    let len = rows * columns;
    assert_eq!(x.len(), batch * len, "length of the input");
    assert_eq!(y.len(), batch * len, "length of the output");
    if x.is_empty() {
        return;
    }
    y.par_chunks_mut(len)
        .zip(x.par_chunks(len))
        .for_each(|(y, x)| {
            y.par_chunks_mut(TASK_ROWS * rows)
                .enumerate()
                .for_each(|(task, y)| {
                    transpose_columns(x, columns, task * TASK_ROWS, y, rows);
                });
        });
}

/// Writes the columns of `x` from `first` on as the rows of `y`.
fn transpose_columns(x: &[f32], columns: usize, first: usize, y: &mut [f32], rows: usize) {
    for (block, y) in y.chunks_mut(BLOCK * rows).enumerate() {
        let column = first + block * BLOCK;
        let width = y.len() / rows;
        for row in (0..rows).step_by(BLOCK) {
            let height = BLOCK.min(rows - row);
            for j in 0..width {
                let target = &mut y[j * rows + row..][..height];
                let source = x[row * columns + column + j..].iter().step_by(columns);
                for (target, source) in target.iter_mut().zip(source) {
                    *target = *source;
                }
            }
        }
    }
}
