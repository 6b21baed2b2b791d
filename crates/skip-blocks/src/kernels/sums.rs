//! Sums over pixels.

use cpu_kernels::{BatchNormSums, BatchNormTensors, Isa, View, batch_norm_backward_sums};

/// Sums of each channel.
pub(super) struct Sums {
    /// Of `y`.
    pub plain: Vec<f32>,
    /// Of `x * y`.
    pub products: Vec<f32>,
}

/// The sums over the pixels of `x` and `y`: those of a normalisation that leaves `x` as it is.
pub(super) fn sums(pixels: usize, channels: usize, x: View, y: View) -> Sums {
    let [mut plain, mut products] = [(); 2].map(|()| vec![0.0; channels]);
    let tensors = BatchNormTensors {
        pixels,
        channels,
        x,
        dy: y,
        act: None,
        mean: &vec![0.0; channels],
        inv_std: &vec![1.0; channels],
    };
    let into = BatchNormSums {
        dz: &mut plain,
        dz_xhat: &mut products,
    };
    batch_norm_backward_sums(Isa::detect(), &tensors, into);
    Sums { plain, products }
}
