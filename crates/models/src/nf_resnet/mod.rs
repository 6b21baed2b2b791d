//! ResNet without normalisation: each block knows the variance of what it is given, and keeps it.
//!
//! "Characterizing signal propagation to close the performance gap in unnormalized ResNets" (Brock
//! et al. 2021, <https://arxiv.org/abs/2101.08692>), as timm has it.

mod config;
mod family;
mod names;
mod network;
mod variants;

pub use config::NfResNetConfig;
pub use network::NfResNet;
pub(crate) use variants::variants;
