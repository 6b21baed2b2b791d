//! ResNet, its kin, and their plain twins.
//!
//! "Deep Residual Learning for Image Recognition" (He et al. 2015,
//! <https://arxiv.org/abs/1512.03385>), tables 1 and 6; "Identity Mappings in Deep Residual
//! Networks" (He et al. 2016, <https://arxiv.org/abs/1603.05027>); "Wide Residual Networks"
//! (Zagoruyko and Komodakis 2016, <https://arxiv.org/abs/1605.07146>); "Aggregated Residual
//! Transformations for Deep Neural Networks" (Xie et al. 2016, <https://arxiv.org/abs/1611.05431>).
//!
//! The others are fields of the same configuration: attention by `modifiers`, deep stems by `stem`,
//! pooled shortcuts by `shortcut`, strides without aliasing by `anti_aliasing`, BiT by
//! `weight_standardization` and `norm`. `timm.rs` has their rows, named after their papers.

mod block;
mod config;
mod family;
mod names;
mod network;
mod stem_pool;
mod timm;
mod variants;

pub use block::{Block, BlockKind};
pub use config::{DilationStart, ResNetConfig};
pub use network::ResNet;
pub use stem_pool::{PoolingConv, StemPool};
pub(crate) use variants::variants;
