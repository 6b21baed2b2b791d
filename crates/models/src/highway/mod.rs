//! Highway networks: learned gates between each layer and its input.
//!
//! "Training Very Deep Networks" (Srivastava et al. 2015, <https://arxiv.org/abs/1507.06228>).

mod conv;
mod fully_connected;
mod variants;

pub use conv::{HighwayConvNet, HighwayConvNetConfig};
pub use fully_connected::{HighwayNet, HighwayNetConfig};
pub(crate) use variants::variants;
