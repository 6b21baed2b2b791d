//! The layers that blocks are made of: the one place where they reach Burn's operations.
//!
//! Blocks hold convolutions and normalisations as modules, but apply them through the functions
//! here, named after the run of operations they stand for ([`conv_bn_relu`], [`add_relu`], ..).
//! On Burn's flex backend they run on this project's own kernels (see `kernels`), on every other on
//! Burn's operations.

mod conv;
mod join;
mod loss;
mod macs;
mod norm;
mod pool;
mod recompute;
mod resize;

pub use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
pub use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};

pub use conv::{
    conv, conv_add, conv_bn, conv_bn_add_relu, conv_bn_relu, conv_relu, conv_transpose, conv1x1,
    conv2d_config, conv3x3, linear, padded_conv,
};
pub use join::{add, add_relu, branch, concat, concat_all, gate};
pub use loss::{by_pixel, cross_entropy};
pub use macs::count_macs;
pub(crate) use norm::update_running_statistics;
pub use norm::{batch_norm, bn_relu};
pub use pool::{avg_pool, global_avg_pool, max_pool, max_pool_ceil};
pub use recompute::{recompute, recompute_all};
pub use resize::{center_crop, fit, interpolate, subsample_pad};
