//! The layers that blocks are made of: the one place where they reach Burn's operations.
//!
//! Blocks hold convolutions and normalisations as modules, but apply them through the functions
//! here. What follows a layer goes along as its [`End`]: `conv_norm(x, &conv, &norm, Act::Relu)`
//! is one operation where a kernel can do it as one. On Burn's flex backend they run on this
//! project's own kernels (see `kernels`), on every other on Burn's operations.
//!
//! Every layer that has parameters reports to the [`seam`](crate::seam).

pub(crate) mod act;
mod activate;
mod by_matrices;
mod conv;
mod dropout;
pub(crate) mod end;
pub(crate) mod instance_norm;
mod join;
pub(crate) mod layer_norm;
mod loss;
pub(crate) mod loss_options;
mod mix;
pub(crate) mod norm;
mod normalize;
mod pool;
mod prelu;
mod resize;
pub(crate) mod resize_by;
pub(crate) mod response_norm;
mod scale;
mod scaled_conv;
mod standardize;
mod start;
pub(crate) mod statistics;

pub use burn::nn::conv::{
    Conv1d, Conv1dConfig, Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig,
};
pub use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};

pub use act::Act;
pub use activate::act;
pub use conv::{
    conv, conv_norm, conv_transpose, conv1d, conv1x1, conv2d_config, conv3x3, dilated_conv3x3,
    linear, padded_conv,
};
pub use dropout::{drop_channels, dropout};
pub(crate) use dropout::{drop_samples, shake_samples};
pub use end::End;
pub use instance_norm::InstanceNorm2d;
pub use join::{add, add_concat, branches, concat, gate, split};
pub use layer_norm::LayerNorm2d;
pub use loss::{by_pixel, cross_entropy};
pub use loss_options::{CrossEntropy, IGNORED};
pub use mix::{mix, weighted_sum};
pub use norm::{Norm, NormKind};
pub use normalize::norm;
pub use pool::{
    avg_pool, avg_pool_ceil, avg_pool_same, blur_pool, global_avg_pool, global_max_pool, max_pool,
    max_pool_ceil, max_pool_zeros,
};
pub use prelu::PRelu;
pub use resize::{center_crop, fit, resize, subsample_pad};
pub use resize_by::Resize;
pub use response_norm::GlobalResponseNorm;
pub use scale::{scale_channels, scale_images, scale_pixels, scale_shift, scaled};
pub use scaled_conv::{ScaledConv2d, scaled_conv};
pub use standardize::standardized;
pub use start::normal_conv;
