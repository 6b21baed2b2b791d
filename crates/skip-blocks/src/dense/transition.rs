use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::check;
use crate::layers::{BatchNorm, BatchNormConfig, Conv2d, avg_pool, bn_relu, conv, conv1x1};

/// Configures a [`Transition`].
#[derive(Config, Debug)]
pub struct TransitionConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// The part of the channels that goes on (`theta` in the paper), in `(0, 1]`. Default: 0.5.
    #[config(default = 0.5)]
    pub compression: f64,
}

/// Between dense blocks: `y = avg_pool2x2(conv1x1(relu(norm(x))))`, with fewer channels.
///
/// From "Densely Connected Convolutional Networks" (Huang et al. 2016,
/// <https://arxiv.org/abs/1608.06993>), section 3, "Pooling layers" and "Compression".
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, floor(in_channels * compression), height / 2, width / 2]`; `height` and `width` at
/// least 2
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::TransitionConfig;
///
/// let device = Device::flex();
/// let transition = TransitionConfig::new(256).init(&device);
/// let y = transition.forward(Tensor::ones([1, 256, 7, 7], &device));
/// assert_eq!(y.dims(), [1, 128, 3, 3]);
/// ```
#[derive(Module, Debug)]
pub struct Transition {
    /// Normalisation of the input.
    pub norm: BatchNorm,
    /// The 1x1 convolution that compresses.
    pub conv: Conv2d,
}

impl TransitionConfig {
    /// Channels that go out.
    pub fn out_channels(&self) -> usize {
        (self.in_channels as f64 * self.compression) as usize
    }

    /// Makes the transition.
    ///
    /// # Panics
    /// Panics if `compression` is outside `(0, 1]` or leaves no channel.
    pub fn init(&self, device: &Device) -> Transition {
        let Self {
            in_channels,
            compression,
        } = *self;
        assert!(
            compression > 0.0 && compression <= 1.0,
            "compression = {compression}: must be in (0, 1]"
        );
        check::positive("in_channels", in_channels);
        check::positive("in_channels * compression", self.out_channels());
        Transition {
            norm: BatchNormConfig::new(in_channels).init(device),
            conv: conv1x1(in_channels, self.out_channels()).init(device),
        }
    }
}

impl Transition {
    /// Applies the transition. See [`Transition`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = bn_relu(x, &self.norm);
        let x = conv(x, &self.conv);
        avg_pool(x, 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "compression = 0: must be in (0, 1]")]
    fn compression_to_nothing_is_refused() {
        TransitionConfig::new(8)
            .with_compression(0.0)
            .init(&Device::flex());
    }
}
