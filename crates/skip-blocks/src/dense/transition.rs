use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::check::{self, ConfigError, ensure};
use crate::layers::{Act, Conv2d, Norm, NormKind, avg_pool, conv, conv1x1, norm, split};

/// Configures a [`Transition`].
#[derive(Config, Debug, PartialEq)]
pub struct TransitionConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// The part of the channels that goes on (`theta` in the paper), in `(0, 1]`. Default: 0.5.
    #[config(default = 0.5)]
    pub compression: f64,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
}

/// Between dense blocks: `y = avg_pool2x2(conv1x1(act(norm(x))))`, with fewer channels.
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
    pub norm: Norm,
    /// The 1x1 convolution that compresses.
    pub conv: Conv2d,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

impl TransitionConfig {
    /// Channels that go out.
    pub fn out_channels(&self) -> usize {
        (self.in_channels as f64 * self.compression) as usize
    }

    /// Whether the transition can be made.
    ///
    /// # Errors
    /// If `compression` is outside `(0, 1]` or leaves no channel, or the normalisation cannot be
    /// made.
    pub fn check(&self) -> Result<(), ConfigError> {
        let compression = self.compression;
        ensure!(
            compression > 0.0 && compression <= 1.0,
            "compression = {compression}: must be in (0, 1]"
        );
        check::positive("in_channels", self.in_channels)?;
        check::positive("in_channels * compression", self.out_channels())?;
        self.norm.check(self.in_channels)
    }

    /// Makes the transition.
    ///
    /// # Panics
    /// Panics where [`TransitionConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> Transition {
        check::or_panic(self.check());
        Transition {
            norm: self.norm.init(self.in_channels, device),
            conv: conv1x1(self.in_channels, self.out_channels())
                .with_bias(self.norm.wants_bias())
                .init(device),
            act: self.act,
        }
    }
}

impl Transition {
    /// Applies the transition. See [`Transition`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.down(norm(x, &self.norm, self.act))
    }

    /// `(act(norm(x)), y)`: also what is about to be compressed, for a decoder.
    pub fn forward_with_skip(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let [skip, x] = split(norm(x, &self.norm, self.act));
        (skip, self.down(x))
    }

    fn down(&self, x: Tensor<4>) -> Tensor<4> {
        avg_pool(conv(x, &self.conv, Act::None), 2)
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
