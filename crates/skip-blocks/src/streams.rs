//! Several streams instead of one way past all blocks: hyper-connections.

mod connection;
mod hyper;
mod manifold;
mod sinkhorn;
#[cfg(test)]
mod tests;
mod weights;

pub use connection::{Connection, ConnectionKind};
pub use hyper::{DynamicWeights, HyperConnection};
pub use manifold::ManifoldConnection;
pub use sinkhorn::doubly_stochastic;
