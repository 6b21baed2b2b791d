use burn::module::{Module, Param};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use crate::{kernels, seam};

/// A leaky ReLU whose slope is learned: `x` where it is positive, else `weight * x`, one weight for
/// all channels.
///
/// From "Delving Deep into Rectifiers" (He et al. 2015, <https://arxiv.org/abs/1502.01852>), section
/// 2.1, "channel-shared". It is not an [`Act`](super::Act), which is a value and learns nothing.
///
/// # Shapes
/// `[batch, channels, height, width]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::PRelu;
///
/// let device = Device::flex();
/// let x = Tensor::<4>::from_data([[[[-2.0, 3.0]]]], &device);
/// let y = PRelu::new(&device).forward(x);
/// assert_eq!(y.to_data(), [[[[-0.5f32, 3.0]]]].into());
/// ```
#[derive(Module, Debug)]
pub struct PRelu {
    /// The slope where `x` is negative, `[1]`.
    pub weight: Param<Tensor<1>>,
}

impl PRelu {
    /// One whose slope starts at 0.25, as in the paper.
    pub fn new(device: &Device) -> Self {
        Self {
            weight: Param::from_tensor(Tensor::full([1], 0.25, device)),
        }
    }

    /// Applies it. See [`PRelu`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let weight = self.weight.val();
        let y = kernels::prelu(&x, &weight)
            .unwrap_or_else(|| relu(x.clone()) - relu(-x) * weight.reshape([1, 1, 1, 1]));
        seam::output(self, y)
    }
}
