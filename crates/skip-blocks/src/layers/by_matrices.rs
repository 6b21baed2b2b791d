//! Resampling by Burn's products of matrices, which go forward and back on every backend: Burn's own
//! bilinear interpolation has no derivative on GPUs.

use burn::tensor::{Tensor, TensorData};
use cpu_kernels::Resampling;

/// `y = V x H^T` for each channel's image, `V` the map of the rows and `H` that of the columns.
pub(super) fn by_matrices(x: Tensor<4>, map: &Resampling) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let [rows, columns] = map.output_size();
    let [vertical, horizontal] = map.matrices();
    let device = x.device();
    let matrix =
        |weights, dims: [usize; 4]| Tensor::<4>::from_data(TensorData::new(weights, dims), &device);
    let vertical = matrix(vertical, [1, 1, rows, height]);
    let horizontal = matrix(horizontal, [1, 1, columns, width]);
    vertical.matmul(x).matmul(horizontal.transpose())
}
