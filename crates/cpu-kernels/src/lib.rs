//! Convolution, normalisation and pooling kernels for channels-last `f32`
//! tensors on CPUs.
//!
//! Tensors are plain slices, `[batch, height, width, channels]`, read and
//! written through [`View`] and [`ViewMut`], which may select some channels of
//! a wider buffer. Every function is compiled for several instruction sets, of
//! which an [`Isa`] value selects one, and runs on the current `rayon` pool.
//! Work is cut and summed in an order that depends on shapes and the
//! instruction set alone, so results are the same to the last bit for any
//! number of threads.
//!
//! ```
//! use cpu_kernels::*;
//!
//! let shape = ConvShape {
//!     batch: 1,
//!     in_channels: 3,
//!     in_height: 8,
//!     in_width: 8,
//!     out_channels: 16,
//!     kernel: [3; 2],
//!     stride: [1; 2],
//!     padding: [[1; 2]; 2],
//!     dilation: [1; 2],
//!     groups: 1,
//! }
//! .check()?;
//! let weights = vec![0.5; shape.weights()];
//! let filter = PackedFilter::forward(Isa::detect(), &shape, &weights);
//! let x = vec![1.0; shape.in_pixels() * 3];
//! let mut y = vec![0.0; shape.out_pixels() * 16];
//! let relu = Epilogue { act: Act::Relu, ..Epilogue::default() };
//! conv2d_forward(&shape, View::new(&x, 3), &filter, &relu, ViewMut::new(&mut y, 16), None);
//! assert_eq!(y[(8 + 1) * 16], 13.5); // 27 products of 0.5
//! # Ok::<(), ShapeError>(())
//! ```
#![warn(missing_docs)]
// Register tiles are indexed by pixel and vector, as their formulas are.
#![allow(clippy::needless_range_loop)]

mod act;
mod act_pass;
mod algorithm;
mod axis;
mod backward_data;
mod backward_weight;
mod chunks;
mod correlation;
mod direct;
mod epilogue;
mod finish;
mod forward;
mod fresh;
mod gate;
mod isa;
mod layer_norm;
mod layout;
mod loss;
mod memory;
mod mix;
mod moments;
mod normalise;
mod outer_tile;
mod pack;
mod pool;
mod resample;
mod roles;
mod scale_pixels;
mod scratch;
mod shape;
mod simd;
mod standardize;
mod strip;
mod threads;
mod tile;
mod view;
mod winograd;

pub use act::Act;
pub use act_pass::{act_backward, act_forward};
pub use algorithm::Algorithm;
pub use backward_data::conv2d_backward_data;
pub use backward_weight::{conv2d_backward_weight, conv2d_backward_weight_by};
pub use epilogue::{Epilogue, apply_epilogue};
pub use forward::{conv2d_forward, conv2d_forward_onto};
pub use fresh::{Fresh, fresh};
pub use gate::{GateGradients, GateTensors, gate_backward, gate_forward};
pub use isa::Isa;
pub use layer_norm::{LayerNorm, LayerNormGradients, layer_norm_backward, layer_norm_forward};
pub use layout::{channels_first, channels_last};
pub use loss::{CrossEntropy, IGNORED_LABEL, softmax_cross_entropy};
pub use memory::keep_freed_memory;
pub use mix::{Mix, mix_backward_weight, mix_forward};
pub use moments::Moments;
pub use normalise::{
    BatchNormSums, BatchNormTensors, batch_norm_backward, batch_norm_backward_sums,
    channel_moments, channel_sums,
};
pub use pack::PackedFilter;
pub use pool::{PoolShape, max_pool_backward, max_pool_forward};
pub use resample::{Grid, Resampling};
pub use scale_pixels::{scale_pixels_backward, scale_pixels_forward};
pub use shape::{ConvShape, ShapeError};
pub use standardize::{Filters, standardize_backward, standardize_forward};
pub use threads::compute_on_this_thread;
pub use view::{View, ViewMut};
