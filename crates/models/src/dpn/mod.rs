//! Dual path networks: residual and dense at once.
//!
//! "Dual Path Networks" (Chen et al. 2017, <https://arxiv.org/abs/1707.01629>), table 1.

mod config;
mod family;
mod names;
mod network;
mod variants;

pub use config::DpnConfig;
pub use network::Dpn;
pub(crate) use variants::variants;
