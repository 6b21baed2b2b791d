//! The layers that blocks are made of: the one place where they reach Burn's operations.
//!
//! Blocks hold convolutions and normalisations as modules, but apply them through the functions
//! here, named after the run of operations they stand for ([`conv_bn_relu`], [`add_relu`], ..).
//! A faster kernel for such a run goes in here, and no block changes.

mod conv;
mod join;
mod macs;
mod pool;
mod resize;

pub use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
pub use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};

pub use conv::{
    bn_relu, conv, conv_add, conv_bn, conv_bn_add_relu, conv_bn_relu, conv_relu, conv_transpose,
    conv1x1, conv2d_config, conv3x3, linear, padded_conv,
};
pub use join::{add, add_relu, concat, gate};
pub use macs::count_macs;
pub use pool::{avg_pool, global_avg_pool, max_pool, max_pool_ceil};
pub use resize::{center_crop, fit, interpolate};
