//! Convolutions that keep the variance of what they are given.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor};

use super::conv::conv;
use super::end::End;
use super::standardize::standardize;
use super::start::normal_conv;

/// A convolution by standardised and scaled weights:
/// `w = gain * c * (W - mean(W)) / sqrt((variance(W) + epsilon) * n)`, over the `n` weights `W` of an
/// output channel, with a learned `gain` of each. So the result has the variance of the input, if the
/// input is activated normal noise and `c` is its [`Act::gain`](super::Act::gain).
///
/// From "Characterizing signal propagation to close the performance gap in unnormalized ResNets"
/// (Brock et al. 2021, <https://arxiv.org/abs/2101.08692>), section 4. The activation's gain is in the
/// weights, as in timm, where the paper has it on the activation.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::{Act, ScaledConv2d, conv3x3, scaled_conv};
///
/// let device = Device::flex();
/// let layer = ScaledConv2d::new(conv3x3(8, 8), 1.0, &device);
/// let y = scaled_conv(Tensor::ones([1, 8, 5, 5], &device), &layer, Act::None);
/// // All weights of an output channel add up to 0.
/// let inner = y.slice([0..1, 0..8, 1..4, 1..4]);
/// assert!(inner.abs().max().into_scalar::<f32>() < 1e-5);
/// ```
#[derive(Module, Debug)]
pub struct ScaledConv2d {
    /// The convolution with its own weights, and biases.
    pub conv: Conv2d,
    /// What each output channel is multiplied by, `[out_channels]`.
    pub gain: Param<Tensor<1>>,
    /// `c`, of the activation before it.
    pub scale: f64,
    /// Added to the variance of the weights.
    pub epsilon: f64,
}

impl ScaledConv2d {
    /// A convolution as `config` says, with biases, for an input with this gain. Its own gains start
    /// at 1.
    pub fn new(config: Conv2dConfig, scale: f64, device: &Device) -> Self {
        let [in_channels, out_channels] = config.channels;
        let inputs = in_channels / config.groups * config.kernel_size.iter().product::<usize>();
        let deviation = (inputs as f64).powf(-0.5);
        Self {
            conv: normal_conv(config.with_bias(true), deviation, device),
            gain: Param::from_tensor(Tensor::ones([out_channels], device)),
            scale,
            epsilon: 1e-5,
        }
    }

    /// With gains that start at another value.
    pub fn with_gain(mut self, gain: f64) -> Self {
        self.gain = Param::from_tensor(Tensor::full(self.gain.dims(), gain, &self.gain.device()));
        self
    }

    /// The convolution by the weights that it is applied with.
    fn scaled(&self) -> Conv2d {
        let mut conv = self.conv.clone();
        conv.weight = conv.weight.map(|weight| {
            let [_, inputs, height, width] = weight.dims();
            let scale = self.scale * ((inputs * height * width) as f64).powf(-0.5);
            standardize(weight, Some(self.gain.val()), scale, self.epsilon)
        });
        conv
    }
}

/// `end(conv(x))` by standardised and scaled weights. See [`ScaledConv2d`].
pub fn scaled_conv(x: Tensor<4>, layer: &ScaledConv2d, end: impl Into<End>) -> Tensor<4> {
    conv(x, &layer.scaled(), end)
}

#[cfg(test)]
mod tests {
    use super::super::{Act, act, conv3x3};
    use super::*;
    use burn::tensor::{Distribution, TensorData};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    fn noise(shape: [usize; 4], device: &Device) -> Tensor<4> {
        let normal = Distribution::Normal(0.0, 1.0);
        let data = TensorData::random::<f32, _, _>(shape, normal, &mut StdRng::seed_from_u64(7));
        Tensor::from_data(data, device)
    }

    fn variance(x: Tensor<4>) -> f32 {
        let mean = x.clone().mean().reshape([1; 4]);
        (x - mean).powi_scalar(2).mean().into_scalar()
    }

    #[test]
    fn activated_noise_keeps_its_variance() {
        let device = Device::flex();
        for activation in [
            Act::None,
            Act::Relu,
            Act::LeakyRelu(0.1),
            Act::Gelu,
            Act::Silu,
            Act::Sigmoid,
        ] {
            let x = act(noise([2, 32, 16, 16], &device), activation);
            let layer = ScaledConv2d::new(conv3x3(32, 64), activation.gain(), &device);
            // Without the border, where the padding's zeros have no variance.
            let y = scaled_conv(x, &layer, Act::None).slice([0..2, 0..64, 1..15, 1..15]);
            let found = variance(y);
            assert!((found - 1.0).abs() < 0.15, "{activation:?}: {found}");
        }
    }

    #[test]
    fn weights_and_gains_learn() {
        let device = Device::flex().autodiff();
        let layer = ScaledConv2d::new(conv3x3(4, 4), 1.0, &device);
        let y = scaled_conv(noise([1, 4, 6, 6], &device), &layer, Act::None);
        let gradients = y.powi_scalar(3).sum().backward();
        let size = |gradient: Option<f32>| gradient.expect("reached");
        let weight = layer.conv.weight.val().grad(&gradients);
        let gain = layer.gain.val().grad(&gradients);
        assert!(size(weight.map(|g| g.abs().sum().into_scalar())) > 0.0);
        assert!(size(gain.map(|g| g.abs().sum().into_scalar())) > 0.0);
    }
}
