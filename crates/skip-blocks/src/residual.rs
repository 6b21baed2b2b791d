//! Residual blocks: `y = x + F(x)`.

mod basic;
mod bottleneck;
mod ending;
#[cfg(test)]
mod tests;

pub use basic::{BasicBlock, BasicBlockConfig};
pub use bottleneck::{Bottleneck, BottleneckConfig};
pub use ending::Order;
