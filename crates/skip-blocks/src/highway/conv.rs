use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::check::{self, ConfigError, ensure};
use crate::join::{Join, constant_bias};
use crate::layers::{Act, Conv2d, conv, padded_conv, split};

/// Configures a [`HighwayConv`].
#[derive(Config, Debug, PartialEq)]
pub struct HighwayConvConfig {
    /// Channels that come in and go out.
    pub channels: usize,
    /// Height and width of both kernels, odd. Default: 3.
    #[config(default = 3)]
    pub kernel: usize,
    /// Value that the gate's bias starts at. Default: -2.
    #[config(default = -2.0)]
    pub gate_bias: f64,
}

/// A convolutional highway layer: `y = T(x) * H(x) + (1 - T(x)) * x` with
/// `H(x) = relu(conv_H(x))` and the gate `T(x) = sigmoid(conv_T(x))`, both with biases.
///
/// From "Training Very Deep Networks" (Srivastava et al. 2015,
/// <https://arxiv.org/abs/1507.06228>), section 2.
///
/// # Shapes
/// `[batch, channels, height, width]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::HighwayConvConfig;
///
/// let device = Device::flex();
/// let highway = HighwayConvConfig::new(16).init(&device);
/// let y = highway.forward(Tensor::ones([2, 16, 5, 5], &device));
/// assert_eq!(y.dims(), [2, 16, 5, 5]);
/// ```
#[derive(Module, Debug)]
pub struct HighwayConv {
    /// `H`
    pub transform: Conv2d,
    /// `T`, and what joins by it.
    pub gate: Join,
}

impl HighwayConvConfig {
    /// Whether the layer can be made.
    ///
    /// # Errors
    /// If `channels` is zero or `kernel` is even, which would change the size.
    pub fn check(&self) -> Result<(), ConfigError> {
        let kernel = self.kernel;
        check::positive("channels", self.channels)?;
        ensure!(kernel % 2 == 1, "kernel = {kernel}: must be odd");
        Ok(())
    }

    /// Makes the layer.
    ///
    /// # Panics
    /// Panics where [`HighwayConvConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> HighwayConv {
        check::or_panic(self.check());
        let Self {
            channels, kernel, ..
        } = *self;
        let layer = padded_conv(channels, channels, kernel).with_bias(true);
        let mut transform = layer.init(device);
        transform.bias = constant_bias(channels, 0.0, device);
        HighwayConv {
            transform,
            gate: Join::gate(channels, kernel, self.gate_bias, device),
        }
    }
}

impl HighwayConv {
    /// Applies the layer. See [`HighwayConv`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [x, carried] = split(x);
        let h = conv(x, &self.transform, Act::Relu);
        self.gate.forward(vec![carried], h)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_gate_is_identity() {
        let device = Device::flex();
        let highway = HighwayConvConfig::new(2).with_gate_bias(-1e4).init(&device);
        let x = Tensor::<4>::from_data([[[[1.0, -2.0]], [[3.0, -4.0]]]], &device);
        assert_eq!(highway.forward(x.clone()).to_data(), x.to_data());
    }

    #[test]
    #[should_panic(expected = "kernel = 2: must be odd")]
    fn even_kernel_is_refused() {
        HighwayConvConfig::new(2)
            .with_kernel(2)
            .init(&Device::flex());
    }
}
