use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::{kernels, seam};

/// Global response normalisation: `y = x + gamma * (x * n) + beta`, where `n = g / (mean(g) +
/// epsilon)` and `g` is the norm of a channel over the image, so that channels compete.
///
/// From "ConvNeXt V2: Co-designing and Scaling ConvNets with Masked Autoencoders" (Woo et al. 2023,
/// <https://arxiv.org/abs/2301.00808>), section 3.2. Both parameters start at 0: at first it is the
/// identity.
///
/// # Shapes
/// `[batch, channels, height, width]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::GlobalResponseNorm;
///
/// let device = Device::flex();
/// let norm = GlobalResponseNorm::new(2, &device);
/// let x = Tensor::<4>::from_data([[[[3.0, 4.0]], [[0.0, 5.0]]]], &device);
/// assert_eq!(norm.forward(x.clone()).to_data(), x.to_data());
/// ```
#[derive(Module, Debug)]
pub struct GlobalResponseNorm {
    /// How much of what was normalised is added, `[channels]`.
    pub gamma: Param<Tensor<1>>,
    /// What is added to each channel, `[channels]`.
    pub beta: Param<Tensor<1>>,
    /// Added to the mean of the norms.
    pub epsilon: f64,
}

impl GlobalResponseNorm {
    /// A normalisation of so many channels.
    pub fn new(channels: usize, device: &Device) -> Self {
        let zeros = || Param::from_tensor(Tensor::zeros([channels], device));
        Self {
            gamma: zeros(),
            beta: zeros(),
            epsilon: 1e-6,
        }
    }

    /// Lets the channels compete. See [`GlobalResponseNorm`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let (gamma, beta) = (self.gamma.val(), self.beta.val());
        let y = kernels::response_norm(&x, gamma, beta, self.epsilon);
        seam::output(self, y.unwrap_or_else(|| self.composed(x)))
    }

    /// Of Burn's operations.
    fn composed(&self, x: Tensor<4>) -> Tensor<4> {
        let [channels] = self.gamma.dims();
        let per_channel = |values: Tensor<1>| values.reshape([1, channels, 1, 1]);
        let squares = x.clone().powi_scalar(2).sum_dim(2).sum_dim(3);
        // The root of 0 has no slope.
        let norm = squares.clamp_min(1e-30).sqrt();
        let normalized = norm.clone() / (norm.mean_dim(1) + self.epsilon);
        let factor = per_channel(self.gamma.val()) * normalized + 1.0;
        x * factor + per_channel(self.beta.val())
    }
}
