//! DenseNet: every layer of a block sees the outputs of all before it.
//!
//! "Densely Connected Convolutional Networks" (Huang et al. 2016,
//! <https://arxiv.org/abs/1608.06993>), table 1 and section 3.

mod config;
mod family;
mod names;
mod network;
mod variants;

pub use config::DenseNetConfig;
pub use network::DenseNet;
pub(crate) use variants::variants;
