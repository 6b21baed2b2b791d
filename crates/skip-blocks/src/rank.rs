//! From any number of dimensions to maps and back, for what is generic but for its convolutions.

use burn::tensor::Tensor;

/// The same tensor; a reshape would lay its memory anew.
///
/// # Panics
/// Panics if it has not 4 dimensions.
pub(crate) fn as_map<const D: usize>(map: Tensor<D>) -> Tensor<4> {
    assert!(D == 4, "a convolution takes maps of 4 dimensions, not {D}");
    Tensor::from_dispatch(map.into_dispatch())
}

/// Back from [`as_map`].
pub(crate) fn from_map<const D: usize>(map: Tensor<4>) -> Tensor<D> {
    Tensor::from_dispatch(map.into_dispatch())
}
