//! The three ways of skipping around any body of one's own.
//!
//! A body is any [`Module`](burn::module::Module). Since modules share no `forward` trait,
//! how it is applied goes along with the input: a method's path (`Linear::forward`) or a closure.

mod dense_concat;
mod gated;
mod residual;

pub use dense_concat::DenseConcat;
pub use gated::Gated;
pub use residual::Residual;
