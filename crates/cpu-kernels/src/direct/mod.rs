//! A convolution as the sum that it is: a correlation of any stride, tiled for
//! caches, registers and threads.
//!
//! The output rows are cut into strips, and where these are few the output
//! channels into chunks; every (strip, group, chunk) is a task. How a
//! correlation is cut depends on its shape alone, never on the number of
//! threads, so neither do the results.

mod filter;
mod plan;

pub(crate) use filter::{len, pack};
pub(crate) use plan::{Plan, is_one_stage};
