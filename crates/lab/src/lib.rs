//! The laboratory: why skip connections work, measured on real images.
//!
//! An [`Experiment`] asks one question. Before it runs it says what it expects, as [`Claim`]s with
//! numbers; [`Lab`] trains and keeps the networks that it needs; what it measured is judged by the
//! claims, and shown on a page. All that it uses of `train`, `models` and `skip-blocks` is public.
//!
//! The library prints nothing; it tells a [`Reporter`] how it goes.
#![warn(missing_docs)]

mod claim;
mod estimate;
mod experiment;
pub mod experiments;
pub mod figure;
mod gather;
mod kept;
mod lab;
mod machine;
mod memory;
mod nuclei;
mod page;
mod picture;
mod probe;
mod profile;
mod results;
mod run;
mod start;
mod table;
mod turns;
mod watch;

pub use claim::{Claim, Judgement, Verdict};
pub use estimate::Estimate;
pub use experiment::{Entry, Exhibit, Experiment, Paper, Plan, Reported};
pub use lab::{Interrupted, Lab, Reporter, SEEDS, Settings};
pub use machine::Machine;
pub use memory::peak_bytes;
pub use page::{write_figures, write_page};
pub use picture::{gray_png, png};
pub use probe::{PartSeen, first_batch, norm, parts_seen};
pub use profile::Profile;
pub use results::{Results, Spent};
pub use run::{Epoch, Run, RunPlan};
pub use start::Start;
pub use turns::median_times;
pub use watch::Watcher;
