//! RevNet: residual networks whose activations follow from those after them.
//!
//! "The Reversible Residual Network: Backpropagation Without Storing Activations" (Gomez et al. 2017,
//! <https://arxiv.org/abs/1707.04585>).

mod config;
mod family;
mod network;
mod variants;

pub use config::RevNetConfig;
pub use network::{RevNet, RevStage, RevTransition};
pub(crate) use variants::variants;
