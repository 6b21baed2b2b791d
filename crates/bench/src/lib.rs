//! Times the models of the registry, and blocks alone, on every backend that is compiled in and on
//! peers from outside: inference, and the training step that users of [`train`] run.
//!
//! Each figure is a [`Cell`]: a case in a mode on an engine. Each cell runs in a process of its
//! own, a worker, which the bench asks for one run after the other. The engines of a case take
//! turns, so that a machine that is busy is busy for all of them.
#![warn(missing_docs)]

mod blocks;
#[cfg(feature = "bunsen")]
mod bunsen;
mod case;
mod catalogue;
mod cell;
mod choice;
pub mod cli;
mod engine;
mod machine;
mod measure;
mod memory;
mod options;
mod peers;
mod process;
mod protocol;
mod report;
mod work;
mod worker;

pub use case::Mode;
pub use cell::Cell;
pub use machine::Machine;
pub use report::Report;
