//! HRNet: maps of several sizes side by side, added to each other again and again.
//!
//! "Deep High-Resolution Representation Learning for Visual Recognition" (Wang et al. 2019,
//! <https://arxiv.org/abs/1908.07919>), sections 3 and 6 and appendix A.

mod config;
mod family;
mod module;
mod names;
mod network;
mod top;
mod variants;

pub use config::{HrNetConfig, TopKind};
pub use module::{HrModule, HrTransition};
pub use network::HrNet;
pub use top::HrTop;
pub(crate) use variants::variants;
