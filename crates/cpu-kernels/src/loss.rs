//! Softmax cross-entropy.

use rayon::prelude::*;

/// Floats of a task; also fixes the order in which the loss is summed.
const TASK_FLOATS: usize = 16 << 10;

/// The label of a row that does not count.
pub const IGNORED_LABEL: u32 = u32::MAX;

/// How rows count in a cross-entropy.
#[derive(Clone, Copy, Debug, Default)]
pub struct CrossEntropy<'a> {
    /// Weight per class, not negative; all are one otherwise.
    pub weights: Option<&'a [f32]>,
    /// Part of the target that is spread over all classes evenly, from 0 to 1.
    pub smoothing: f32,
}

impl CrossEntropy<'_> {
    fn check(&self, classes: usize) {
        if let Some(weights) = self.weights {
            assert_eq!(weights.len(), classes, "weights per class");
            for (class, &weight) in weights.iter().enumerate() {
                assert!(
                    weight >= 0.0 && weight.is_finite(),
                    "weight of class {class} = {weight}: must be finite and not negative"
                );
            }
        }
        let smoothing = self.smoothing;
        assert!(
            (0.0..=1.0).contains(&smoothing),
            "smoothing = {smoothing}: must be in 0..=1"
        );
    }

    fn weight(&self, label: usize) -> f32 {
        self.weights.map_or(1.0, |weights| weights[label])
    }
}

/// The mean of the loss of rows, with its gradient `dx`. With the weights `w`
/// and the smoothing `e` a row with label `t` has the loss
///
/// ```text
/// -(1 - e) w[t] log p[t] - e / classes sum_c w[c] log p[c],   p = softmax(x)
/// ```
///
/// and the sum over rows is divided by that of `w[t]`: PyTorch's definitions.
/// Rows labelled [`IGNORED_LABEL`] count in neither sum and have no gradient.
///
/// `x` and `dx` are `[labels.len(), classes]`. Returns zero where the sum of
/// weights is zero, as without rows that count.
///
/// # Panics
/// If a slice does not have `labels.len() * classes` elements, the weights not
/// one per class or negative, a label is neither below `classes` nor ignored,
/// or the smoothing is not from 0 to 1.
pub fn softmax_cross_entropy(
    options: &CrossEntropy,
    classes: usize,
    x: &[f32],
    labels: &[u32],
    dx: &mut [f32],
) -> f32 {
    let rows = labels.len();
    assert!(classes > 0, "classes must be positive");
    assert_eq!(x.len(), rows * classes, "length of the logits");
    assert_eq!(dx.len(), rows * classes, "length of the gradient");
    options.check(classes);
    let task = (TASK_FLOATS / classes).max(1);
    let total = total_weight(options, classes, task, labels);
    if total == 0.0 {
        dx.fill(0.0);
        return 0.0;
    }
    let scale = 1.0 / total as f32;
    let losses: Vec<f64> = x
        .par_chunks(task * classes)
        .zip(dx.par_chunks_mut(task * classes))
        .zip(labels.par_chunks(task))
        .map(|((x, dx), labels)| {
            let rows = x
                .chunks_exact(classes)
                .zip(dx.chunks_exact_mut(classes))
                .zip(labels);
            rows.map(|((x, dx), &label)| {
                if label == IGNORED_LABEL {
                    dx.fill(0.0);
                    return 0.0;
                }
                row(options, x, label as usize, scale, dx)
            })
            .sum()
        })
        .collect();
    (losses.iter().sum::<f64>() / total) as f32
}

/// The sum of the weights of the labels that count.
fn total_weight(options: &CrossEntropy, classes: usize, task: usize, labels: &[u32]) -> f64 {
    let weight = |&label: &u32| {
        if label == IGNORED_LABEL {
            return 0.0;
        }
        assert!(
            (label as usize) < classes,
            "label = {label}: must be below classes = {classes}, or ignored"
        );
        f64::from(options.weight(label as usize))
    };
    let sums: Vec<f64> = labels
        .par_chunks(task)
        .map(|labels| labels.iter().map(weight).sum())
        .collect();
    sums.iter().sum()
}

/// The loss of one row; `dx` receives its gradient times `scale`.
fn row(options: &CrossEntropy, x: &[f32], label: usize, scale: f32, dx: &mut [f32]) -> f64 {
    let largest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (dx, x) in dx.iter_mut().zip(x) {
        *dx = (x - largest).exp();
        sum += *dx;
    }
    let log_sum = f64::from(sum).ln();
    // `-log p` of a class.
    let loss = |class: usize| f64::from(largest - x[class]) + log_sum;
    let smoothing = options.smoothing;
    let own = (1.0 - smoothing) * options.weight(label);
    let even = smoothing / x.len() as f32;
    let mut total = f64::from(own) * loss(label);
    let mut weights = own;
    if smoothing > 0.0 {
        for class in 0..x.len() {
            let weight = even * options.weight(class);
            total += f64::from(weight) * loss(class);
            weights += weight;
        }
    }
    for dx in dx.iter_mut() {
        *dx *= weights * scale / sum;
    }
    dx[label] -= own * scale;
    if smoothing > 0.0 {
        for (class, dx) in dx.iter_mut().enumerate() {
            *dx -= even * options.weight(class) * scale;
        }
    }
    total
}
