//! Residual blocks: `y = x + F(x)`.

mod basic;
mod bottleneck;
mod ending;
mod fixup;
mod norm_free;
#[cfg(test)]
mod tests;

pub use basic::{BasicBlock, BasicBlockConfig};
pub use bottleneck::{Bottleneck, BottleneckConfig};
pub use ending::Order;
pub use fixup::{BiasedConv, FixupBlock, FixupBlockConfig, FixupOf};
pub use norm_free::{NormFreeBlock, NormFreeBlockConfig, ScaledProjection, ScaledShortcut};
