//! ConvNeXt: residual blocks of a depthwise convolution and two pointwise layers.
//!
//! "A ConvNet for the 2020s" (Liu et al. 2022, <https://arxiv.org/abs/2201.03545>), figure 4; with
//! global response normalisation "ConvNeXt V2: Co-designing and Scaling ConvNets with Masked
//! Autoencoders" (Woo et al. 2023, <https://arxiv.org/abs/2301.00808>), figure 5.

mod block;
mod config;
mod family;
mod names;
mod network;
mod variants;

pub use block::{ConvNeXtBlock, Mlp};
pub use config::ConvNeXtConfig;
pub use network::{ConvNeXt, ConvNeXtStage};
pub(crate) use variants::variants;
