use burn::module::Module;
use burn::tensor::Tensor;

use crate::layers::scaled;

/// A branch that counts for less, or more: `factor * F(x)`, a constant.
///
/// With a shortcut that is scaled, too, constant scaling of "Identity Mappings in Deep Residual
/// Networks" (He et al. 2016, <https://arxiv.org/abs/1603.05027>), figure 2(b); alone, as in
/// "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning" (Szegedy et
/// al. 2016, <https://arxiv.org/abs/1602.07261>), section 3.3.
///
/// # Shapes
/// `[batch, channels, ..]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::Scaled;
///
/// let branch = Tensor::<2>::from_data([[1.0, -4.0]], &Device::flex());
/// let y = Scaled { factor: 0.5 }.forward(branch);
/// assert_eq!(y.to_data(), [[0.5f32, -2.0]].into());
/// ```
#[derive(Module, Debug)]
pub struct Scaled {
    /// What the branch is multiplied with.
    pub factor: f64,
}

impl Scaled {
    /// `factor * branch`
    pub fn forward<const D: usize>(&self, branch: Tensor<D>) -> Tensor<D> {
        scaled(branch, self.factor)
    }
}
