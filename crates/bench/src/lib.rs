//! Times the models of the registry on every backend that is compiled in: inference, and the
//! training step that users of [`train`] run.
#![warn(missing_docs)]

mod cell;
pub mod cli;
mod measure;
mod report;

pub use cell::{Cell, Mode};
pub use measure::{Case, Runs};
