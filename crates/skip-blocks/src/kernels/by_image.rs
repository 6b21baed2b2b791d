//! Tensors that are written image by image.

use burn::backend::flex::FlexTensor;
use cpu_kernels::ViewMut;

use super::activation::{Activation, activation};

/// A tensor like `x`, written image by image.
pub(super) fn by_image(x: &Activation, mut write: impl FnMut(usize, ViewMut)) -> FlexTensor {
    let mut y = vec![0.0; x.len()];
    let image = (x.len() / x.batch.max(1)).max(1);
    for (index, target) in y.chunks_exact_mut(image).enumerate() {
        write(index, ViewMut::new(target, x.channels));
    }
    activation(y, x.dims())
}
