use burn::module::Module;
use burn::nn::PaddingConfig1d;
use burn::tensor::{Device, Tensor};

use crate::layers::{Act, Conv1d, Conv1dConfig, conv1d, global_avg_pool, scale_images, split};

/// Efficient channel attention: `s * F(x)` with `s = sigmoid(w * mean(F(x)))`, one scale a channel,
/// taken from the means of its neighbours by a convolution over the channels.
///
/// From "ECA-Net: Efficient Channel Attention for Deep Convolutional Neural Networks" (Wang et al.
/// 2020, <https://arxiv.org/abs/1910.03151>), section 3.2. The kernel grows with the number of
/// channels `C`: `|log2(C) / 2 + 1 / 2|`, made odd, and at least 3.
///
/// # Shapes
/// `[batch, channels, ..]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{EfficientChannelAttention, parameter_count};
///
/// let device = Device::flex();
/// let kernel = |channels| parameter_count(&EfficientChannelAttention::new(channels, &device));
/// assert_eq!([64, 256, 512, 2048].map(kernel), [3, 5, 5, 7]);
/// let x = Tensor::<4>::zeros([1, 64, 2, 2], &device);
/// let attention = EfficientChannelAttention::new(64, &device);
/// assert_eq!(attention.forward(x.clone()).to_data(), x.to_data());
/// ```
#[derive(Module, Debug)]
pub struct EfficientChannelAttention {
    /// Over the channels' means, without bias.
    pub conv: Conv1d,
}

impl EfficientChannelAttention {
    /// An attention whose kernel follows from the number of channels.
    pub fn new(channels: usize, device: &Device) -> Self {
        let reach = (((channels as f64).log2() + 1.0) / 2.0) as usize;
        // An odd number is kept, an even one is raised.
        let kernel = (reach | 1).max(3);
        Self {
            conv: Conv1dConfig::new(1, 1, kernel)
                .with_padding(PaddingConfig1d::Explicit(kernel / 2, kernel / 2))
                .with_bias(false)
                .init(device),
        }
    }

    /// `s * branch`
    pub fn forward<const D: usize>(&self, branch: Tensor<D>) -> Tensor<D> {
        let [batch, channels] = [branch.dims()[0], branch.dims()[1]];
        let [branch, mean] = split(branch);
        let scale = global_avg_pool(mean).reshape([batch, 1, channels]);
        let scale = conv1d(scale, &self.conv, Act::Sigmoid);
        scale_images(branch, scale.reshape([batch, channels]))
    }
}
