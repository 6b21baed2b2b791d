//! The proof that the models are those of PyTorch's packages.
//!
//! A [`Twin`](models::Twin) is the same network elsewhere. Nothing can be downloaded or shipped to
//! compare them at full size, so both sides write the same values down: every parameter and running
//! statistic is filled by a [formula](fill) on its public name and index. `make.py` builds the
//! twins, and keeps what they compute in a few kilobytes each, in `fixtures/`: [their
//! outputs](outputs) in evaluation, and [what they learn](training) in three steps. The tests fill
//! ours and compare.
//!
//! Because the values follow from names, and names and shapes have to be those of the twin, what is
//! filled shows that a twin's weights can be loaded as well.
//!
//! ```
//! use burn::tensor::Device;
//! use twins::{Case, Outputs, outputs};
//!
//! let case = Case::<Outputs>::find("resnet18@32x40").expect("committed");
//! let differences = outputs::compare(&case, &Device::flex()).expect("the twin's keys");
//! assert!(differences.largest < case.fixture.tolerance);
//! ```
#![warn(missing_docs)]

mod case;
pub mod fill;
mod fixture;
mod model;
pub mod outputs;
pub mod training;

pub use case::Case;
pub use fixture::{Batch, Fixture, Keys, Output, Outputs, Training, Values};
pub use model::{KeysDiffer, filled};
