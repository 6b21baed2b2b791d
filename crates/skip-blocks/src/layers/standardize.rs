//! Weight standardisation.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;

use crate::kernels;

/// The module with the weights of each of its 2-d convolutions standardised:
/// `(w - mean(w)) / sqrt(variance(w) + epsilon)` over those of an output channel.
///
/// From "Micro-Batch Training with Batch-Channel Normalization and Weight Standardization" (Qiao et
/// al. 2019, <https://arxiv.org/abs/1903.10520>), section 3. The module's own weights are what
/// learns: derivatives go through the standardisation, which is done anew each time.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::{conv3x3, standardized};
///
/// let device = Device::flex();
/// let conv = conv3x3(4, 8).init(&device);
/// let weight = standardized(conv.clone(), 0.0).weight.val();
/// let [means, squares] = [weight.clone(), weight.powi_scalar(2)]
///     .map(|values| values.reshape([8, 36]).mean_dim(1));
/// assert!(means.abs().max().into_scalar::<f32>() < 1e-6);
/// assert!((squares - 1.0).abs().max().into_scalar::<f32>() < 1e-5);
/// ```
pub fn standardized<M: Module>(module: M, epsilon: f64) -> M {
    module.map(&mut Standardize { epsilon })
}

struct Standardize {
    epsilon: f64,
}

impl ModuleMapper for Standardize {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        // The weights of 2-d convolutions, and nothing else, have four dimensions.
        if D != 4 {
            return param;
        }
        param.map(|weight| standardize(weight, None, 1.0, self.epsilon))
    }
}

/// `scale * gain * (w - mean(w)) / sqrt(variance(w) + epsilon)` over what belongs to one place of the
/// first dimension; without gains, they are 1.
pub(super) fn standardize<const D: usize>(
    weight: Tensor<D>,
    gain: Option<Tensor<1>>,
    scale: f64,
    epsilon: f64,
) -> Tensor<D> {
    if let Some(y) = kernels::standardize(&weight, gain.as_ref(), scale, epsilon) {
        return y;
    }
    let dims = weight.dims();
    let rows = weight.reshape([dims[0] as i32, -1]);
    let centred = rows.clone() - rows.mean_dim(1);
    let variance = centred.clone().powi_scalar(2).mean_dim(1);
    let standard = centred / (variance + epsilon).sqrt();
    let scaled = match gain {
        Some(gain) => standard * (gain.reshape([dims[0], 1]) * scale),
        None => standard * scale,
    };
    scaled.reshape(dims)
}
