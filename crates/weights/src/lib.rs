//! Weights in, weights out.
//!
//! Files of PyTorch's world (`.safetensors`, `.pth`, `.pt`, `.bin`, `.npz`) become [`Weights`]:
//! arrays by name. [`apply`] puts them into a model by its public names, which are torchvision's,
//! timm's or segmentation_models.pytorch's where these have the network, and says what it did.
//! [`to_safetensors`] is the way back, and [`entries`] what goes that way. A [`Declaration`] is what a
//! `config.json` beside weights says.
//!
//! Files come from strangers. Nothing in them is executed; every length that one claims is checked
//! against what it holds before memory is taken; and a model is changed only when all of a file is
//! known to fit.
//!
//! ```
//! use burn::tensor::Device;
//! use models::{Task, create};
//! use weights::{Options, Weights, apply, to_safetensors};
//!
//! let device = Device::flex();
//! let config = create("resnet8")?;
//! let bytes = to_safetensors(&config.init(&device), &config)?;
//! let weights = Weights::from_safetensors(&bytes)?;
//! let (model, report) = apply(config.init(&device), &config, &weights, &Options::default())?;
//! assert_eq!(report.applied, model.keys(&config).len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![warn(missing_docs)]

mod apply;
mod array;
mod declaration;
mod entries;
mod error;
mod file;
mod key_map;
mod prefix;
mod report;
mod save;
mod slots;

pub use apply::{HeadWeights, Options, apply, outputs};
pub use array::{Array, Weights};
pub use declaration::{Crop, CropMode, Declaration, Interpolation};
pub use entries::{Entry, entries};
pub use error::WeightsError;
pub use key_map::KeyMap;
pub use report::Report;
pub use save::{Precision, to_safetensors, to_safetensors_in};
