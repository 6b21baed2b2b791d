//! What several streams are weighed by.

use burn::tensor::Tensor;

use crate::layers::global_avg_pool;

/// The weights of a connection, of each image, or (1 in front) of all.
pub(super) struct Weights {
    /// How much of each stream the branch reads, `[batch, 1, streams]`.
    pub read: Tensor<3>,
    /// How much of its result each stream takes, `[batch, streams, 1]`.
    pub write: Tensor<3>,
    /// How much each stream (in rows) takes of each, `[batch, streams, streams]`.
    pub carry: Tensor<3>,
}

/// The means over the pixels of each stream, `[batch, streams, channels]`.
pub(super) fn means(streams: Tensor<4>, count: usize) -> Tensor<3> {
    let [all, channels, ..] = streams.dims();
    global_avg_pool(streams).reshape([all / count, count, channels])
}

/// `x` divided by the root of the mean of its squares along the last dimension.
pub(super) fn root_mean_square_norm<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let squares = x.clone().powi_scalar(2).mean_dim(D - 1);
    x / (squares + 1e-6).sqrt()
}
