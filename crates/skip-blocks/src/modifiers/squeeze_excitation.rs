use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::per_channel::per_channel;
use crate::check::{self, ConfigError, ensure};
use crate::layers::{Act, Linear, LinearConfig, global_avg_pool, linear};

/// Squeeze-and-excitation: `s * F(x)` with `s = sigmoid(W2 relu(W1 mean(F(x))))`, one scale a
/// channel, taken from all channels' means.
///
/// From "Squeeze-and-Excitation Networks" (Hu et al. 2017, <https://arxiv.org/abs/1709.01507>),
/// section 3. Both layers have biases, as in timm.
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
    pub fc1: Linear,
    /// From the hidden layer to the channels' scales.
    pub fc2: Linear,
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
        let hidden = channels / reduction;
        Self {
            fc1: LinearConfig::new(channels, hidden).init(device),
            fc2: LinearConfig::new(hidden, channels).init(device),
        }
    }

    /// `s * branch`
    pub fn forward<const D: usize>(&self, branch: Tensor<D>) -> Tensor<D> {
        let channels = branch.dims()[1];
        let batch = branch.dims()[0];
        let scale = global_avg_pool(branch.clone());
        let scale = linear(scale, &self.fc1, Act::Relu);
        let scale = linear(scale, &self.fc2, Act::Sigmoid);

        let mut shape = per_channel::<D>(channels);
        shape[0] = batch;
        branch * scale.reshape(shape)
    }
}
