//! Reversible residual blocks, whose inputs follow from their outputs.

mod block;
mod chain;

pub use block::Reversible;
pub use chain::{halves, reversible};
