//! The fast path of [`crate::layers`] on Burn's flex backend: channels-last kernels of the crate
//! `cpu-kernels`, with their derivatives, put under Burn's tensors through its `extension` feature.
//!
//! Each function takes what its layer takes and gives `None` where it does not apply: on another
//! backend, for another type than `f32`, or where `SKIP_BLOCKS_KERNELS=off` is set. The layer then
//! uses Burn's own operations, with the same results.
//!
//! A tensor's logical shape stays `[batch, channels, height, width]`. Only its strides say that
//! the channels of a pixel lie side by side, so activations are converted at a model's edges alone.

mod activation;
mod add_concat;
mod affine;
mod by_image;
mod concat;
mod conv;
mod conv_transpose;
mod elementwise;
mod gate;
mod group_norm;
mod instance_norm;
mod layer_norm;
mod loss;
mod mix;
mod norm;
mod operands;
mod packed;
mod pool;
mod prelu;
mod recompute;
mod resample;
mod response_norm;
mod reverse;
mod scale;
mod scale_images;
mod scale_pixels;
mod scale_shift;
mod split;
mod standardize;
mod sums;

use std::env;
use std::sync::OnceLock;

pub(crate) use add_concat::add_concat;
pub(crate) use concat::concat;
pub(crate) use conv::{conv, conv_norm};
pub(crate) use conv_transpose::conv_transpose;
pub(crate) use elementwise::{act, add};
pub(crate) use gate::gate;
pub(crate) use group_norm::group_norm;
pub(crate) use instance_norm::instance_norm;
pub(crate) use layer_norm::layer_norm;
pub(crate) use loss::cross_entropy;
pub(crate) use mix::mix;
pub(crate) use norm::norm;
pub(crate) use pool::max_pool;
pub(crate) use prelu::prelu;
pub(crate) use recompute::recompute;
pub(crate) use resample::{
    avg_pool, avg_pool_ceil, avg_pool_same, blur_pool, global_avg_pool, resize, subsample_pad,
};
pub(crate) use response_norm::response_norm;
pub(crate) use reverse::reverse;
pub(crate) use scale::scale_channels;
pub(crate) use scale_images::scale_images;
pub(crate) use scale_pixels::scale_pixels;
pub(crate) use scale_shift::scale_shift;
pub(crate) use split::split;
pub(crate) use standardize::standardize;

/// Set to `off`, this environment variable turns the kernels off, to compare.
const SWITCH: &str = "SKIP_BLOCKS_KERNELS";

fn enabled() -> bool {
    static ENABLED: OnceLock<bool> = OnceLock::new();
    *ENABLED.get_or_init(|| env::var(SWITCH).map_or(true, |value| value != "off"))
}
