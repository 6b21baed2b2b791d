use burn::module::{Module, Param};
use burn::tensor::module::layer_norm;
use burn::tensor::{Device, Tensor};

use crate::kernels;

/// Layer normalisation of images: `gamma * (x - mean) / sqrt(variance + epsilon) + beta`, mean and
/// variance those of a pixel's channels.
///
/// From "Layer Normalization" (Ba et al. 2016, <https://arxiv.org/abs/1607.06450>), as ConvNeXt
/// applies it.
///
/// # Shapes
/// `[batch, channels, height, width]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::LayerNorm2d;
///
/// let device = Device::flex();
/// let norm = LayerNorm2d::new(2, 0.0, &device);
/// let x = Tensor::<4>::from_data([[[[1.0, 5.0]], [[3.0, 9.0]]]], &device);
/// let expected = [[[[-1.0f32, -1.0]], [[1.0, 1.0]]]];
/// assert_eq!(norm.forward(x).to_data(), expected.into());
/// ```
#[derive(Module, Debug)]
pub struct LayerNorm2d {
    /// The factor of each channel, `[channels]`.
    pub gamma: Param<Tensor<1>>,
    /// What is added to each channel, `[channels]`.
    pub beta: Param<Tensor<1>>,
    /// Added to the variance.
    pub epsilon: f64,
}

impl LayerNorm2d {
    /// A normalisation of so many channels that starts with factors of 1.
    pub fn new(channels: usize, epsilon: f64, device: &Device) -> Self {
        Self {
            gamma: Param::from_tensor(Tensor::ones([channels], device)),
            beta: Param::from_tensor(Tensor::zeros([channels], device)),
            epsilon,
        }
    }

    /// Normalises each pixel.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let (gamma, beta) = (self.gamma.val(), self.beta.val());
        kernels::layer_norm(&x, gamma.clone(), beta.clone(), self.epsilon).unwrap_or_else(|| {
            let x = x.permute([0, 2, 3, 1]);
            layer_norm(x, gamma, Some(beta), self.epsilon).permute([0, 3, 1, 2])
        })
    }
}
