//! Files of the [Hugging Face hub](https://huggingface.co), through the cache that Python's
//! `huggingface_hub` uses too.
//!
//! A [`Name`] says what is meant, `OWNER/NAME[@REVISION][:FILE]`. A [`Hub`] looks in the cache first,
//! and asks the network only for what is not there. A download goes on where it was cut, is compared
//! with the checksum that the hub states, and takes its place in the cache only when it is whole.
//!
//! ```no_run
//! use hub::{Hub, Name};
//!
//! let name: Name = "timm/resnet50.a1_in1k".parse()?;
//! let found = Hub::from_env()?.weights(&name, &mut |progress| {
//!     eprintln!("{}: {} bytes", progress.file, progress.bytes);
//! })?;
//! println!("{}", found.weights.display());
//! # Ok::<(), hub::HubError>(())
//! ```
#![warn(missing_docs)]

mod cache;
mod certificates;
mod download;
mod environment;
mod error;
mod files;
mod hub;
mod name;
mod patience;
mod remote;

pub use download::Progress;
pub use error::HubError;
pub use files::{CONFIG, Found, WEIGHTS};
pub use hub::Hub;
pub use name::Name;
pub use patience::Patience;
