use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::layers::{Act, scale_shift};

/// SkipInit, also ReZero: `alpha * F(x)`, one learned scalar that starts at 0, so that a deep net
/// starts as the identity.
///
/// From "ReZero is All You Need" (Bachlechner et al. 2020, <https://arxiv.org/abs/2003.04887>) and
/// "Batch Normalization Biases Residual Blocks Towards the Identity Function" (De and Smith 2020,
/// <https://arxiv.org/abs/2002.10444>).
///
/// # Shapes
/// any to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::SkipInit;
///
/// let device = Device::flex();
/// let skip_init = SkipInit::new(&device);
/// let y = skip_init.forward(Tensor::<2>::ones([1, 2], &device));
/// assert_eq!(y.to_data(), [[0.0f32, 0.0]].into());
/// ```
#[derive(Module, Debug)]
pub struct SkipInit {
    /// The scalar, `[1]`.
    pub alpha: Param<Tensor<1>>,
}

impl SkipInit {
    /// A scalar that starts at 0.
    pub fn new(device: &Device) -> Self {
        Self {
            alpha: Param::from_tensor(Tensor::zeros([1], device)),
        }
    }

    /// `alpha * branch`
    pub fn forward<const D: usize>(&self, branch: Tensor<D>) -> Tensor<D> {
        scale_shift(branch, Some(self.alpha.val()), None, Act::None)
    }
}
