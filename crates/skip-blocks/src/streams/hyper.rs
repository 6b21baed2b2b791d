use burn::module::{Module, Param};
use burn::nn::{Initializer, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::weights::{Weights, means, root_mean_square_norm};
use crate::layers::{Act, Linear, linear};

/// Hyper-connections: a [`Connection`](super::Connection) whose weights are learned as they are,
/// `r = A_m`, `w = B`, `c = A_r^T` in the paper's words, or, dynamic, with
/// `s_a * tanh(norm(x) W_m)`, `s_b * tanh(norm(x) W_b)` and `s_a * tanh(norm(x) W_r)` added. With one
/// stream they are a residual connection with weights: `y = A_r x + B F(A_m x)`.
///
/// At the start block number `k` reads stream `k mod n` alone, each stream takes all of the result
/// and keeps itself; what makes them dynamic starts at 0, the factors `s` at 0.01.
///
/// From "Hyper-Connections" (Zhu et al. 2024, <https://arxiv.org/abs/2409.19606>), section 2. The
/// paper has tokens, and weights for each; here they are for each image, by the means over its
/// pixels, divided by their root mean square.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::HyperConnection;
///
/// let connection = HyperConnection::new(3, 4, &Device::flex());
/// assert_eq!(connection.read.val().to_data(), [0.0f32, 1.0, 0.0].into());
/// assert_eq!(connection.write.val().to_data(), [1.0f32, 1.0, 1.0].into());
/// ```
#[derive(Module, Debug)]
pub struct HyperConnection {
    /// How much of each stream the branch reads, `[streams]`.
    pub read: Param<Tensor<1>>,
    /// How much of its result each stream takes, `[streams]`.
    pub write: Param<Tensor<1>>,
    /// How much of each stream (in rows) goes to each, `[streams, streams]`.
    pub carry: Param<Tensor<2>>,
    /// What makes the weights depend on the streams, if they do.
    pub dynamic: Option<DynamicWeights>,
}

/// What is added to the weights of a [`HyperConnection`], of the means of each stream.
#[derive(Module, Debug)]
pub struct DynamicWeights {
    /// To what the branch reads.
    pub read: Linear,
    /// To what a stream takes.
    pub write: Linear,
    /// To what a stream gives.
    pub carry: Linear,
    /// The factor of the first and the last, `[1]`.
    pub alpha_scale: Param<Tensor<1>>,
    /// That of the second, `[1]`.
    pub beta_scale: Param<Tensor<1>>,
}

impl HyperConnection {
    /// The connection of block number `place`, from 0, with so many streams.
    pub fn new(streams: usize, place: usize, device: &Device) -> Self {
        let all = Tensor::<2>::eye(streams, device);
        let read = all.clone().narrow(0, place % streams, 1);
        Self {
            read: Param::from_tensor(read.reshape([streams])),
            write: Param::from_tensor(Tensor::ones([streams], device)),
            carry: Param::from_tensor(all),
            dynamic: None,
        }
    }

    /// With weights that depend on the streams, of so many channels.
    pub fn with_dynamic(self, channels: usize, device: &Device) -> Self {
        let [streams] = self.read.dims();
        let zeros = |outputs| {
            LinearConfig::new(channels, outputs)
                .with_bias(false)
                .with_initializer(Initializer::Zeros)
                .init(device)
        };
        let scale = || Param::from_tensor(Tensor::full([1], 0.01, device));
        let dynamic = DynamicWeights {
            read: zeros(1),
            write: zeros(1),
            carry: zeros(streams),
            alpha_scale: scale(),
            beta_scale: scale(),
        };
        Self {
            dynamic: Some(dynamic),
            ..self
        }
    }

    pub(super) fn weights(&self, streams: Tensor<4>) -> Weights {
        let [count] = self.read.dims();
        let read = self.read.val().reshape([1, 1, count]);
        let write = self.write.val().reshape([1, count, 1]);
        let carry = self.carry.val().transpose().unsqueeze_dim(0);
        let Some(dynamic) = &self.dynamic else {
            return Weights { read, write, carry };
        };
        let x = root_mean_square_norm(means(streams, count));
        let added = |layer: &Linear, scale: &Param<Tensor<1>>| {
            let weights = linear(x.clone(), layer, Act::None).tanh();
            weights * scale.val().reshape([1, 1, 1])
        };
        let DynamicWeights {
            alpha_scale,
            beta_scale,
            ..
        } = dynamic;
        Weights {
            read: read + added(&dynamic.read, alpha_scale).swap_dims(1, 2),
            write: write + added(&dynamic.write, beta_scale),
            carry: carry + added(&dynamic.carry, alpha_scale).swap_dims(1, 2),
        }
    }
}
