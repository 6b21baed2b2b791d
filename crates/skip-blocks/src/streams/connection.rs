use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::hyper::HyperConnection;
use super::manifold::ManifoldConnection;
use crate::check::{self, ConfigError, ensure};
use crate::layers::{Act, add, mix, split};

/// How a residual block's branch is connected to what passes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConnectionKind {
    /// By one stream: `y = S(x) + F(x)`.
    #[default]
    Residual,
    /// By so many streams with weights that are learned: see [`HyperConnection`].
    Hyper(usize),
    /// The same with weights that also depend on the streams.
    DynamicHyper(usize),
    /// By so many streams whose mean is kept: see [`ManifoldConnection`].
    Manifold(usize),
}

/// A connection by several streams: `y_i = sum_j c_ij S(x_j) + w_i F(sum_j r_j x_j)`. The branch `F`
/// reads a weighted sum of the streams `x_j`, and what it gives is written to all of them; the
/// streams mix, and pass by the short path `S`. Where all streams are equal, and `r` and the rows of
/// `c` add up to 1 and `w` is 1, this is `x + F(x)` in each stream: so all connections start.
///
/// The streams of an image stand side by side in the batch: see [`ConnectionKind::open`].
///
/// # Shapes
/// `[batch * streams, channels, height, width]` to what the short path makes of it
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::ConnectionKind;
///
/// let device = Device::flex();
/// let kind = ConnectionKind::Hyper(4);
/// let connection = kind.init(3, 0, &device).expect("several streams");
/// let x = Tensor::<4>::ones([2, 3, 5, 5], &device);
/// let streams = connection.forward(kind.open(x), |streams| streams, |x| x * 10.0);
/// assert_eq!(streams.dims(), [2 * 4, 3, 5, 5]);
/// let y = kind.close(streams);
/// assert_eq!(y.to_data(), Tensor::<4>::full([2, 3, 5, 5], 11.0, &device).to_data());
/// ```
#[derive(Module, Debug)]
pub enum Connection {
    /// See [`HyperConnection`].
    Hyper(HyperConnection),
    /// See [`ManifoldConnection`].
    Manifold(ManifoldConnection),
}

impl ConnectionKind {
    /// How many streams there are.
    pub fn streams(self) -> usize {
        match self {
            Self::Residual => 1,
            Self::Hyper(streams) | Self::DynamicHyper(streams) | Self::Manifold(streams) => streams,
        }
    }

    /// Whether there can be so many streams.
    ///
    /// # Errors
    /// If there are none, or one where their mean is to be kept.
    pub fn check(self) -> Result<(), ConfigError> {
        match self {
            Self::Residual => Ok(()),
            Self::Hyper(streams) | Self::DynamicHyper(streams) => {
                check::positive("streams", streams)
            }
            Self::Manifold(streams) => {
                ensure!(
                    streams > 1,
                    "streams = {streams}: must be at least 2 to mix"
                );
                Ok(())
            }
        }
    }

    /// The connection of a block that is given so many channels and is number `place` of its
    /// network, from 0; none where there is one stream and nothing to weigh.
    ///
    /// # Panics
    /// Panics where [`ConnectionKind::check`] gives an error.
    pub fn init(self, channels: usize, place: usize, device: &Device) -> Option<Connection> {
        check::or_panic(self.check());
        match self {
            Self::Residual => None,
            Self::Hyper(streams) => {
                let connection = HyperConnection::new(streams, place, device);
                Some(Connection::Hyper(connection))
            }
            Self::DynamicHyper(streams) => {
                let connection = HyperConnection::new(streams, place, device);
                let connection = connection.with_dynamic(channels, device);
                Some(Connection::Hyper(connection))
            }
            Self::Manifold(streams) => {
                let connection = ManifoldConnection::new(streams, channels, place, device);
                Some(Connection::Manifold(connection))
            }
        }
    }

    /// `x` in each stream, before a network's first block: `[batch, ..]` to `[batch * streams, ..]`,
    /// those of an image side by side.
    pub fn open(self, x: Tensor<4>) -> Tensor<4> {
        match self.streams() {
            1 => x,
            streams => {
                let ones = Tensor::ones([1, streams, 1], &x.device());
                mix(x, ones)
            }
        }
    }

    /// The mean of the streams of each image, after the last block. The papers take the sum, and a
    /// normalisation follows; the mean makes the network start as the residual one.
    pub fn close(self, x: Tensor<4>) -> Tensor<4> {
        match self.streams() {
            1 => x,
            streams => {
                let part = Tensor::full([1, 1, streams], 1.0 / streams as f64, &x.device());
                mix(x, part)
            }
        }
    }
}

impl Connection {
    /// Applies `body` to what it reads, and joins the result with the streams, which `carry` brings
    /// to its shape. See [`Connection`].
    pub fn forward(
        &self,
        streams: Tensor<4>,
        carry: impl FnOnce(Tensor<4>) -> Tensor<4>,
        body: impl FnOnce(Tensor<4>) -> Tensor<4>,
    ) -> Tensor<4> {
        let [to_weigh, to_read, to_carry] = split(streams);
        let weights = match self {
            Self::Hyper(connection) => connection.weights(to_weigh),
            Self::Manifold(connection) => connection.weights(to_weigh),
        };
        let written = mix(body(mix(to_read, weights.read)), weights.write);
        add(written, mix(carry(to_carry), weights.carry), Act::None)
    }
}
