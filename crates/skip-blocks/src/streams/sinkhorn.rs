use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

/// The matrix nearest to `exp(logits)`, by relative entropy, whose rows and columns add up to 1:
/// rows and columns are divided by their sums in turn, so many times. Rows come last.
///
/// "Concerning Nonnegative Matrices and Doubly Stochastic Matrices" (Sinkhorn and Knopp 1967).
///
/// # Shapes
/// `[batch, n, n]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::doubly_stochastic;
///
/// // Only the differences within rows and within columns count.
/// let logits = Tensor::<3>::from_data([[[1.0, 2.0], [5.0, 6.0]]], &Device::flex());
/// let found = doubly_stochastic(logits, 20);
/// assert!((found - 0.5).abs().max().into_scalar::<f32>() < 1e-6);
/// ```
pub fn doubly_stochastic(logits: Tensor<3>, iterations: usize) -> Tensor<3> {
    let (rows, columns) = (2, 1);
    // The rows' first turn, without exponentials that overflow.
    let mut matrix = softmax(logits, rows);
    for _ in 0..iterations {
        matrix = matrix.clone() / matrix.sum_dim(columns);
        matrix = matrix.clone() / matrix.sum_dim(rows);
    }
    matrix
}
