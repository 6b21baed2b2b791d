use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::layers::scale_channels;

/// LayerScale: `gamma * F(x)`, one learned scale a channel, small at first.
///
/// From "Going deeper with Image Transformers" (Touvron et al. 2021,
/// <https://arxiv.org/abs/2103.17239>), section 2.
///
/// # Shapes
/// `[batch, channels, ..]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::LayerScale;
///
/// let device = Device::flex();
/// let scale = LayerScale::new(2, 0.5, &device);
/// let y = scale.forward(Tensor::<2>::from_data([[2.0, 4.0]], &device));
/// assert_eq!(y.to_data(), [[1.0f32, 2.0]].into());
/// ```
#[derive(Module, Debug)]
pub struct LayerScale {
    /// The scale of each channel, `[channels]`.
    pub gamma: Param<Tensor<1>>,
}

impl LayerScale {
    /// Scales that start at `initial`.
    pub fn new(channels: usize, initial: f64, device: &Device) -> Self {
        Self {
            gamma: Param::from_tensor(Tensor::full([channels], initial, device)),
        }
    }

    /// `gamma * branch`
    pub fn forward<const D: usize>(&self, branch: Tensor<D>) -> Tensor<D> {
        scale_channels(branch, self.gamma.val())
    }
}
