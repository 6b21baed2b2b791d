//! Dense connections: `y = [x, F(x)]`, every layer sees the outputs of all before it.

mod block;
mod layer;
mod transition;

pub use block::{DenseBlock, DenseBlockConfig};
pub use layer::{DenseLayer, DenseLayerConfig};
pub use transition::{Transition, TransitionConfig};
