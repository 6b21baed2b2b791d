use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::act::Act;
use super::activate::act;
use crate::kernels;
use crate::seam::Mark;

/// Instance normalisation: `gamma * (x - mean) / sqrt(variance + epsilon) + beta`, mean and variance
/// over the pixels of a channel of one image, in training and after it.
///
/// From "Instance Normalization: The Missing Ingredient for Fast Stylization" (Ulyanov et al. 2016,
/// <https://arxiv.org/abs/1607.08022>).
///
/// # Shapes
/// `[batch, channels, height, width]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::{Act, InstanceNorm2d};
///
/// let device = Device::flex();
/// let norm = InstanceNorm2d::new(1, 0.0, &device);
/// let x = Tensor::<4>::from_data([[[[1.0, 3.0]]], [[[10.0, 50.0]]]], &device);
/// let expected = [[[[-1.0f32, 1.0]]], [[[-1.0, 1.0]]]];
/// assert_eq!(norm.forward(x, Act::None).to_data(), expected.into());
/// ```
#[derive(Module, Debug)]
pub struct InstanceNorm2d {
    /// The factor of each channel, `[channels]`, if factors are learned.
    pub gamma: Option<Param<Tensor<1>>>,
    /// What is added to each channel, `[channels]`, if that is learned.
    pub beta: Option<Param<Tensor<1>>>,
    /// Added to the variance.
    pub epsilon: f64,
    mark: Mark,
}

impl InstanceNorm2d {
    /// A normalisation of so many channels that starts with factors of 1.
    pub fn new(channels: usize, epsilon: f64, device: &Device) -> Self {
        Self {
            gamma: Some(Param::from_tensor(Tensor::ones([channels], device))),
            beta: Some(Param::from_tensor(Tensor::zeros([channels], device))),
            ..Self::plain(epsilon)
        }
    }

    /// A normalisation that learns nothing.
    pub fn plain(epsilon: f64) -> Self {
        Self {
            gamma: None,
            beta: None,
            epsilon,
            mark: Mark::new(),
        }
    }

    /// Normalises each channel of each image, and applies `activation`.
    pub fn forward(&self, x: Tensor<4>, activation: Act) -> Tensor<4> {
        let learned = [&self.gamma, &self.beta].map(|values| values.as_ref().map(Param::val));
        kernels::instance_norm(&x, learned, self.epsilon, activation)
            .unwrap_or_else(|| act(self.composed(x), activation))
    }

    /// Of Burn's operations. Its own normalisation of groups is less precise on some backends.
    fn composed(&self, x: Tensor<4>) -> Tensor<4> {
        let dims @ [batch, channels, height, width] = x.dims();
        let rows = x.reshape([batch, channels, height * width]);
        let centred = rows.clone() - rows.mean_dim(2);
        let variance = centred.clone().powi_scalar(2).mean_dim(2);
        let y = (centred / (variance + self.epsilon).sqrt()).reshape(dims);
        let per_channel = |values: &Param<Tensor<1>>| values.val().reshape([1, channels, 1, 1]);
        let y = match &self.gamma {
            Some(gamma) => y * per_channel(gamma),
            None => y,
        };
        match &self.beta {
            Some(beta) => y + per_channel(beta),
            None => y,
        }
    }
}
