//! ResNet, its kin, and their plain twins.
//!
//! "Deep Residual Learning for Image Recognition" (He et al. 2015,
//! <https://arxiv.org/abs/1512.03385>), tables 1 and 6; "Identity Mappings in Deep Residual
//! Networks" (He et al. 2016, <https://arxiv.org/abs/1603.05027>); "Wide Residual Networks"
//! (Zagoruyko and Komodakis 2016, <https://arxiv.org/abs/1605.07146>); "Aggregated Residual
//! Transformations for Deep Neural Networks" (Xie et al. 2016, <https://arxiv.org/abs/1611.05431>).
//!
//! Without normalisation, by `fixup`, or by `modifiers` and `norm`: "ReZero is All You Need"
//! (Bachlechner et al. 2020, <https://arxiv.org/abs/2003.04887>), SkipInit (De and Smith 2020,
//! <https://arxiv.org/abs/2002.10444>), which has ReZero's scalar on blocks that activate first, and
//! "Fixup Initialization" (Zhang et al. 2019, <https://arxiv.org/abs/1901.09321>). With branches that
//! are shaken, by `shake_drop_rate`: "ShakeDrop Regularization" (Yamada et al. 2018,
//! <https://arxiv.org/abs/1802.02375>).
//!
//! With another way past the blocks, by `connection`: "Hyper-Connections" (Zhu et al. 2024,
//! <https://arxiv.org/abs/2409.19606>) and "mHC" (Xie et al. 2025,
//! <https://arxiv.org/abs/2512.24880>); by `depth_average`: "DenseFormer" (Pagliardini et al. 2024,
//! <https://arxiv.org/abs/2402.02622>).
//!
//! The others are fields of the same configuration: attention by `modifiers`, deep stems by `stem`,
//! pooled shortcuts by `shortcut`, strides without aliasing by `anti_aliasing`, BiT by
//! `weight_standardization` and `norm`. `timm.rs` has their rows, named after their papers. The
//! shortcuts of He 2016 that are scaled, gated or dropped are values of `shortcut`, too.

mod block;
mod cifar;
mod config;
mod family;
mod names;
mod network;
mod normless;
mod rewired;
mod stem_pool;
mod timm;
mod variants;

pub use block::{Block, BlockKind};
pub use config::{DilationStart, ResNetConfig};
pub use network::ResNet;
pub use stem_pool::{PoolingConv, StemPool};
pub(crate) use variants::variants;
