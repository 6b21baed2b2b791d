//! Models as ONNX files.
//!
//! [`to_onnx`] writes any model of the registry as a file that ONNX Runtime and others compute. The
//! operations are not described a second time: Burn writes down what the model does, and each
//! operation becomes nodes. So a new model needs nothing here, unless it does something that none
//! did before, which is an error that names it.
//!
//! ```
//! use burn::tensor::Device;
//! use models::{ImageSpec, create};
//! use onnx::{Options, proto, to_proto};
//!
//! let config = create("resnet8")?;
//! let model = config.init(&Device::flex());
//! let file = to_proto(&model, &config, ImageSpec::new(3, 32, 32), &Options::default())?;
//! let graph = file.graph.expect("a network");
//! assert_eq!(graph.node[0].op_type, "Conv");
//! assert_eq!(graph.node[0].input, ["input", "conv1.weight"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![warn(missing_docs)]

mod attribute;
#[cfg(feature = "check")]
mod check;
mod dims;
mod error;
mod export;
mod fold;
mod graph;
mod lower;
mod network;
mod options;
pub mod proto;

#[cfg(feature = "check")]
pub use check::{computed, difference};
pub use error::OnnxError;
pub use export::{BATCH, INPUT, IR_VERSION, OPSET, OUTPUT, to_onnx, to_proto};
pub use options::{Answer, Options, Pixels, Range};
