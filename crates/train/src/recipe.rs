//! Everything that decides how a run goes, as one value.
//!
//! A field is a knob: its documentation is its help, and where it has a flag, the flag stands beside
//! it (`x-flag`, `x-value`). [`knobs`] reads them from there.

mod defaults;
mod file;
mod followed;
mod freeze;
mod knobs;
mod layers;
mod optimizer;
mod recompute;
mod run;
mod schedule;
mod tree;
mod types;

pub use file::read as read_file;
pub use followed::Followed;
pub(crate) use followed::declaration;
pub use freeze::Freeze;
pub use knobs::{Knob, knobs};
pub use layers::Layers;
pub use optimizer::{Algorithm, Group, Optimizer, Treatment};
pub use recompute::Recompute;
pub use run::{Every, OnNan, Run};
pub use schedule::{Curve, Moment, Schedule};
pub use tree::at_path;
pub use types::{Model, Recipe, Test};

pub use crate::data::{Data, Size};
