//! Trains, evaluates and applies skip-connected networks, on CPU and GPU from the same code.
//!
//! The path of a run: [`recipe::Layers`] makes a [`Recipe`] of what was given; [`data`] reads
//! images; [`fit`] trains on a [`backend::ComputeBackend`], tells an [`Observer`] how it goes, and
//! leaves a [`run_folder::RunFolder`], from which [`evaluate_run`] and [`Prediction`] start. The
//! library does not print.
//!
//! ```no_run
//! use serde_json::json;
//! use train::{Recipe, Silent, fit};
//!
//! let recipe = Recipe::with(json!({"data": {"path": "nuclei-mini"}, "run": {"epochs": 10}}))?;
//! let summary = fit(&recipe, None, &mut Silent)?;
//! println!("{:?}", summary.test);
//! # anyhow::Ok(())
//! ```
#![warn(missing_docs)]

mod average;
pub mod backend;
mod balance;
mod check;
mod checkpoint;
pub mod data;
mod devices;
mod diagram;
mod distance_map;
mod drawing;
mod embed;
mod ensemble;
mod evaluate;
mod exact;
mod export;
mod find_lr;
mod fit;
mod format;
mod frozen;
mod gaussian;
mod gradients;
mod hexadecimal;
#[cfg(test)]
mod hostile;
mod instances;
mod learned;
pub mod list;
mod loaders;
pub mod loss;
mod markdown;
mod metric;
pub mod network;
mod numpy_array;
mod objects;
mod observer;
mod outcome;
mod predict;
pub mod preview;
mod progress;
pub mod recipe;
mod records;
mod repeat;
mod restore;
pub mod run_folder;
mod samples;
mod shipped;
mod state;
mod step;
mod summary;
pub mod tables;
pub mod task;
mod tiled;
mod training;
mod weights_file;

pub use check::{Check, CheckedSplit, check};
pub use devices::{BackendDevices, FoundDevice, devices};
pub use embed::{Embeddings, Neighbour};
pub use evaluate::{ConfusionMatrix, Evaluation, Examination, evaluate, evaluate_run};
pub use export::{Declared, Export, Exported, OnnxSettings, Subject};
pub use find_lr::{RateCurve, find_lr};
pub use fit::{Summary, fit, next_folder, resume};
pub use format::FORMAT;
pub use learned::{Learned, Origin};
pub use metric::{Better, METRICS, Metrics, Values, better, metrics_of};
pub use observer::{BatchTimes, Begin, Event, Look, Observer, Silent, Split, Unusable};
pub use outcome::Outcome;
pub use predict::{Predicted, Prediction};
pub use progress::Best;
pub use recipe::Recipe;
pub use records::Records;
pub use repeat::{Repeated, Spread, Times, go_on, is_repeated, repeat};
pub use shipped::{is_shipped, shipped};
pub use step::TrainStep;
pub use summary::Summary as ModelSummary;
pub use training::Costs;
pub use weights_file::weights_file;
