use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::squeeze_excitation::factors_by;
use crate::layers::{Act, Conv2d, add, conv, conv1x1, scale_images, scale_pixels, split};

/// Squeeze and excitation of channels and of pixels at once (scSE): `c * x + s * x` with
/// `c = sigmoid(W2 relu(W1 mean(x)))`, one factor a channel, and `s = sigmoid(w x)`, one a pixel.
///
/// From "Recalibrating Fully Convolutional Networks with Spatial and Channel Squeeze & Excitation
/// Blocks" (Roy et al. 2018, <https://arxiv.org/abs/1808.08127>), figure 1. All three are 1x1
/// convolutions with biases, as in segmentation_models.pytorch.
///
/// # Shapes
/// `[batch, channels, height, width]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{SpatialChannelExcitation, parameter_count};
///
/// let device = Device::flex();
/// let excitation = SpatialChannelExcitation::new(8, 4, &device);
/// assert_eq!(parameter_count(&excitation), (8 * 2 + 2) + (2 * 8 + 8) + (8 + 1));
/// let x = Tensor::<4>::zeros([1, 8, 2, 2], &device);
/// assert_eq!(excitation.forward(x.clone()).to_data(), x.to_data());
/// ```
#[derive(Module, Debug)]
pub struct SpatialChannelExcitation {
    /// From the channels' means to the hidden layer.
    pub channel1: Conv2d,
    /// From the hidden layer to the channels' factors.
    pub channel2: Conv2d,
    /// From a pixel's channels to its factor.
    pub spatial: Conv2d,
}

impl SpatialChannelExcitation {
    /// An excitation whose hidden layer has `channels / reduction` units, but at least one.
    ///
    /// # Panics
    /// Panics if `reduction` is zero.
    pub fn new(channels: usize, reduction: usize, device: &Device) -> Self {
        let hidden = (channels / reduction).max(1);
        let conv = |from, to| conv1x1(from, to).with_bias(true).init(device);
        Self {
            channel1: conv(channels, hidden),
            channel2: conv(hidden, channels),
            spatial: conv(channels, 1),
        }
    }

    /// `c * x + s * x`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [for_channels, for_pixels, by_channel, by_pixel] = split(x);
        let c = factors_by(for_channels, &self.channel1, &self.channel2);
        let s = conv(for_pixels, &self.spatial, Act::Sigmoid);
        let by_channel = scale_images(by_channel, c);
        add(by_channel, scale_pixels(by_pixel, s), Act::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeroed_layers_pass_their_input() {
        // Both factors are then sigmoid(0) = 1/2.
        let device = Device::flex();
        let mut excitation = SpatialChannelExcitation::new(4, 2, &device);
        for layer in [&mut excitation.channel2, &mut excitation.spatial] {
            layer.weight = layer.weight.clone().map(|weight| weight.zeros_like());
            layer.bias = layer
                .bias
                .clone()
                .map(|bias| bias.map(|bias| bias.zeros_like()));
        }
        let x = Tensor::<1>::from_floats([1.0, -2.0, 3.0, 4.0, 0.5, 6.0, -7.0, 8.0], &device);
        let x = x.reshape([1, 4, 2, 1]);
        assert_eq!(excitation.forward(x.clone()).to_data(), x.to_data());
    }
}
