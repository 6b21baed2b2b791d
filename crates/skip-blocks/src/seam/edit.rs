//! What may be done to what a part gives.

use burn::tensor::Tensor;

/// A change of a map.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// Zeros instead of it.
    Cut,
    /// So many times it.
    Scale(f64),
    /// Its mean over rows and columns, in every place.
    Average,
    /// It, as if nothing had led to it.
    Detach,
    /// Another one: its values in a row, and its shape.
    Replace(Tensor<1>, Vec<usize>),
}

impl Edit {
    /// The changed map.
    ///
    /// # Panics
    /// Panics if it is to be replaced by one of another shape.
    pub fn apply<const D: usize>(&self, path: &str, map: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Cut => map.zeros_like(),
            Self::Scale(factor) => map * *factor,
            Self::Average => {
                let dims = map.dims();
                let mean = (2..D).fold(map, |map, along| map.mean_dim(along));
                mean.expand(dims)
            }
            Self::Detach => map.detach(),
            Self::Replace(values, shape) => {
                assert!(
                    map.dims() == shape[..],
                    "what replaces '{path}' has the shape {shape:?}: it must have {:?}",
                    map.dims()
                );
                let device = map.device();
                let values = values.clone().reshape(map.dims());
                match device.is_autodiff() {
                    true => values.autodiff(),
                    false => values.without_autodiff(),
                }
            }
        }
    }
}
