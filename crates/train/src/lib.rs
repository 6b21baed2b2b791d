//! Trains, evaluates and applies skip-connected networks, on CPU and GPU from the same code.
//!
//! The path of a run: [`cli`] turns flags and a configuration file into a [`Recipe`]; [`data`]
//! loads images; [`fit`] trains a [`Network`] on a [`backend::ComputeBackend`] and leaves a
//! [`run_folder::RunFolder`], from which [`evaluate`] and [`predict`] start.
#![warn(missing_docs)]

pub mod backend;
mod checkpoint;
pub mod cli;
pub mod data;
pub mod evaluate;
pub mod fit;
mod iou;
pub mod list;
mod loss;
mod network;
pub mod overlay;
pub mod predict;
mod progress;
mod recipe;
pub mod run_folder;
mod stdout;

pub use network::{Network, NetworkOutput};
pub use recipe::{Overrides, Recipe};
