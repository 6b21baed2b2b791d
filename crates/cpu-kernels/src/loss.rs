//! Softmax cross-entropy.

use rayon::prelude::*;

/// Floats of a task; also fixes the order in which the loss is summed.
const TASK_FLOATS: usize = 16 << 10;

/// The mean over rows of `-log softmax(x)[row, label]`, with its gradient
/// `dx = (softmax(x) - onehot(label)) / rows`.
///
/// `x` and `dx` are `[labels.len(), classes]`. Returns zero without rows.
///
/// # Panics
/// If a slice does not have `labels.len() * classes` elements or a label is not
/// below `classes`.
pub fn softmax_cross_entropy(classes: usize, x: &[f32], labels: &[u32], dx: &mut [f32]) -> f32 {
    let rows = labels.len();
    assert!(classes > 0, "classes must be positive");
    assert_eq!(x.len(), rows * classes, "length of the logits");
    assert_eq!(dx.len(), rows * classes, "length of the gradient");
    let task = (TASK_FLOATS / classes).max(1);
    let scale = 1.0 / rows.max(1) as f32;
    let losses: Vec<f64> = x
        .par_chunks(task * classes)
        .zip(dx.par_chunks_mut(task * classes))
        .zip(labels.par_chunks(task))
        .map(|((x, dx), labels)| {
            let rows = x
                .chunks_exact(classes)
                .zip(dx.chunks_exact_mut(classes))
                .zip(labels);
            rows.map(|((x, dx), label)| row(x, *label as usize, scale, dx))
                .sum()
        })
        .collect();
    (losses.iter().sum::<f64>() / rows.max(1) as f64) as f32
}

/// The loss of one row; `dx` receives its gradient times `scale`.
fn row(x: &[f32], label: usize, scale: f32, dx: &mut [f32]) -> f64 {
    let largest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (dx, x) in dx.iter_mut().zip(x) {
        *dx = (x - largest).exp();
        sum += *dx;
    }
    for dx in dx.iter_mut() {
        *dx *= scale / sum;
    }
    dx[label] -= scale;
    f64::from(largest - x[label]) + f64::from(sum).ln()
}
