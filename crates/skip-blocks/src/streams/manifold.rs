use burn::module::{Module, Param};
use burn::nn::{Initializer, LinearConfig};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use super::sinkhorn::doubly_stochastic;
use super::weights::{Weights, means, root_mean_square_norm};
use crate::layers::{Act, Linear, linear};

/// Manifold-constrained hyper-connections: a [`Connection`](super::Connection) whose streams mix by
/// a doubly stochastic matrix, so that through any number of blocks their mean passes as it is:
/// `r = sigmoid(z_r)`, `w = 2 sigmoid(z_w)`, `c = sinkhorn(exp(z_c))`, with
/// `z = s * (norm(x) W) + b` for each, `x` all streams of an image.
///
/// At the start block number `k` reads most of stream `k mod n`, each stream takes all of the result
/// and keeps most of itself; `W` starts at 0, the factors `s` at 0.01.
///
/// From "mHC: Manifold-Constrained Hyper-Connections" (Xie et al. 2025,
/// <https://arxiv.org/abs/2512.24880>), section 4, with its 20 iterations. The paper has tokens, and
/// weights for each; here they are for each image, by the means over its pixels, divided by their
/// root mean square. It does not say how the biases start. After the iterations the rows add up to
/// 1; the columns nearly, the less so the farther apart the logits are.
#[derive(Module, Debug)]
pub struct ManifoldConnection {
    /// To what the branch reads.
    pub read: Linear,
    /// To what a stream takes.
    pub write: Linear,
    /// To how the streams mix.
    pub carry: Linear,
    /// The factors of the three, `[3]`.
    pub scales: Param<Tensor<1>>,
    /// What is added for the reading, `[streams]`.
    pub read_bias: Param<Tensor<1>>,
    /// For the taking, `[streams]`.
    pub write_bias: Param<Tensor<1>>,
    /// For the mixing, `[streams, streams]`: a row for each stream that takes.
    pub carry_bias: Param<Tensor<2>>,
}

impl ManifoldConnection {
    /// How often rows and columns are divided by their sums.
    pub const ITERATIONS: usize = 20;

    /// How much a branch reads of its stream at first.
    const OWN: f64 = 0.75;

    /// The logit by which a stream keeps itself at first.
    const KEPT: f64 = 2.0;

    /// The connection of block number `place`, from 0, with so many streams of so many channels.
    ///
    /// # Panics
    /// Panics if there are fewer than two streams.
    pub fn new(streams: usize, channels: usize, place: usize, device: &Device) -> Self {
        assert!(
            streams > 1,
            "streams = {streams}: must be at least 2 to mix"
        );
        let zeros = |outputs| {
            LinearConfig::new(streams * channels, outputs)
                .with_bias(false)
                .with_initializer(Initializer::Zeros)
                .init(device)
        };
        let logit = |part: f64| (part / (1.0 - part)).ln();
        let others = (1.0 - Self::OWN) / (streams - 1) as f64;
        let own = Tensor::<2>::eye(streams, device);
        let read = own.clone().narrow(0, place % streams, 1).reshape([streams]);
        let read = read * (logit(Self::OWN) - logit(others)) + logit(others);
        Self {
            read: zeros(streams),
            write: zeros(streams),
            carry: zeros(streams * streams),
            scales: Param::from_tensor(Tensor::full([3], 0.01, device)),
            read_bias: Param::from_tensor(read),
            write_bias: Param::from_tensor(Tensor::zeros([streams], device)),
            carry_bias: Param::from_tensor(own * Self::KEPT),
        }
    }

    /// How the streams of each image mix, `[batch, streams, streams]`: what each (in rows) takes of
    /// each.
    pub fn mixing(&self, streams: Tensor<4>) -> Tensor<3> {
        self.weights(streams).carry
    }

    pub(super) fn weights(&self, streams: Tensor<4>) -> Weights {
        let [count] = self.read_bias.dims();
        let x = means(streams, count);
        let [batch, _, channels] = x.dims();
        let x = root_mean_square_norm(x.reshape([batch, count * channels]));
        let logits = |layer: &Linear, place: usize, dims: [usize; 3]| {
            let scale = self.scales.val().narrow(0, place, 1);
            let logits = linear(x.clone(), layer, Act::None);
            (logits * scale.reshape([1, 1])).reshape(dims)
        };
        let read_bias = self.read_bias.val().reshape([1, 1, count]);
        let write_bias = self.write_bias.val().reshape([1, count, 1]);
        let carry_bias = self.carry_bias.val().unsqueeze_dim(0);
        Weights {
            read: sigmoid(logits(&self.read, 0, [batch, 1, count]) + read_bias),
            write: sigmoid(logits(&self.write, 1, [batch, count, 1]) + write_bias) * 2.0,
            carry: doubly_stochastic(
                logits(&self.carry, 2, [batch, count, count]) + carry_bias,
                Self::ITERATIONS,
            ),
        }
    }
}
