use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::check::{self, ConfigError, ensure};
use crate::layers::{Act, Conv2d, conv, conv1x1, global_avg_pool, scale_images, split};

/// Squeeze-and-excitation: `s * F(x)` with `s = sigmoid(W2 relu(W1 mean(F(x))))`, one scale a
/// channel, taken from all channels' means.
///
/// From "Squeeze-and-Excitation Networks" (Hu et al. 2017, <https://arxiv.org/abs/1709.01507>),
/// section 3. Both layers have biases and are 1x1 convolutions, as in timm.
///
/// # Shapes
/// `[batch, channels, ..]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{SqueezeExcitation, parameter_count};
///
/// let device = Device::flex();
/// let excitation = SqueezeExcitation::new(8, 4, &device);
/// assert_eq!(parameter_count(&excitation), (8 * 2 + 2) + (2 * 8 + 8));
/// // No mean, no excitation but the biases': zeros stay zeros.
/// let x = Tensor::<4>::zeros([1, 8, 2, 2], &device);
/// assert_eq!(excitation.forward(x.clone()).to_data(), x.to_data());
/// ```
#[derive(Module, Debug)]
pub struct SqueezeExcitation {
    /// From the channels' means to the hidden layer.
    pub fc1: Conv2d,
    /// From the hidden layer to the channels' scales.
    pub fc2: Conv2d,
}

impl SqueezeExcitation {
    /// Whether there can be one.
    ///
    /// # Errors
    /// If `reduction` is zero or larger than `channels`.
    pub fn check(channels: usize, reduction: usize) -> Result<(), ConfigError> {
        check::positive("reduction", reduction)?;
        ensure!(
            reduction <= channels,
            "reduction = {reduction}: must be at most channels = {channels}"
        );
        Ok(())
    }

    /// A gate whose hidden layer has `channels / reduction` units.
    ///
    /// # Panics
    /// Panics if `reduction` is zero or larger than `channels`.
    pub fn new(channels: usize, reduction: usize, device: &Device) -> Self {
        check::or_panic(Self::check(channels, reduction));
        Self::with_hidden(channels, channels / reduction, device)
    }

    /// A gate whose hidden layer has `channels / reduction` units, rounded to a multiple of 8 and at
    /// least 8: timm's.
    ///
    /// # Panics
    /// Panics if `reduction` is zero or larger than `channels`.
    pub fn rounded(channels: usize, reduction: usize, device: &Device) -> Self {
        check::or_panic(Self::check(channels, reduction));
        // The nearest multiple; of two that are as near, the larger.
        let eighths = (channels + 4 * reduction) / (8 * reduction);
        Self::with_hidden(channels, 8 * eighths.max(1), device)
    }

    fn with_hidden(channels: usize, hidden: usize, device: &Device) -> Self {
        let fc = |from, to| conv1x1(from, to).with_bias(true).init(device);
        Self {
            fc1: fc(channels, hidden),
            fc2: fc(hidden, channels),
        }
    }

    /// `s * branch`
    pub fn forward<const D: usize>(&self, branch: Tensor<D>) -> Tensor<D> {
        let [branch, seen] = split(branch);
        scale_images(branch, self.factors(seen))
    }

    /// `s`, `[batch, channels]`.
    pub fn factors<const D: usize>(&self, branch: Tensor<D>) -> Tensor<2> {
        factors_by(branch, &self.fc1, &self.fc2)
    }
}

/// `sigmoid(second(relu(first(mean(x)))))`: one factor for each channel of each image.
pub(super) fn factors_by<const D: usize>(
    x: Tensor<D>,
    first: &Conv2d,
    second: &Conv2d,
) -> Tensor<2> {
    let [batch, channels] = [x.dims()[0], x.dims()[1]];
    let mean = global_avg_pool(x).reshape([batch, channels, 1, 1]);
    let hidden = conv(mean, first, Act::Relu);
    conv(hidden, second, Act::Sigmoid).reshape([batch, channels])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_units_are_rounded_as_in_timm() {
        let hidden = |channels, reduction| {
            SqueezeExcitation::rounded(channels, reduction, &Device::flex())
                .fc1
                .weight
                .dims()[0]
        };
        // make_divisible(channels / reduction, 8, round_limit=0.) of timm 1.0.22
        assert_eq!(hidden(64, 16), 8);
        assert_eq!(hidden(256, 16), 16);
        assert_eq!(hidden(320, 16), 24);
        assert_eq!(hidden(304, 16), 16);
        assert_eq!(hidden(256, 4), 64);
    }
}
