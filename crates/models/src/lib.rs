//! Skip-connected networks for [Burn](burn), composed of [`skip_blocks`].
//!
//! | family | skip | file |
//! |---|---|---|
//! | [`ResNet`] | added | `resnet.rs` |
//! | [`DenseNet`] | concatenated | `densenet.rs` |
//! | [`HighwayNet`], [`HighwayConvNet`] | gated | `highway.rs` |
//! | [`UNet`] | long | `unet.rs` |
//!
//! A variant is a row of its paper's table: `ResNetConfig::resnet50()`. The [`registry`] lists all
//! of them by name.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use models::{Architecture, ImageSpec, find};
//!
//! let device = Device::flex();
//! let entry = find("resnet20")?;
//! let Architecture::Classifier(config) = entry.architecture else {
//!     unreachable!("resnet20 classifies")
//! };
//! let image = ImageSpec { channels: 1, height: 28, width: 28 };
//! let model = config(image, 7).init(&device);
//! assert_eq!(model.forward(Tensor::ones([2, 1, 28, 28], &device)).dims(), [2, 7]);
//! # Ok::<(), models::UnknownModel>(())
//! ```
#![warn(missing_docs)]

mod classifier;
mod densenet;
mod highway;
mod registry;
mod resnet;
mod segmenter;
mod unet;

pub use classifier::{Classifier, ClassifierConfig};
pub use densenet::{DenseNet, DenseNetConfig};
pub use highway::{HighwayConvNet, HighwayConvNetConfig, HighwayNet, HighwayNetConfig};
pub use registry::{Architecture, ImageSpec, ModelEntry, Skip, Task, UnknownModel, find, registry};
pub use resnet::{Block, BlockKind, ResNet, ResNetConfig, Stem};
pub use segmenter::{Segmenter, SegmenterConfig};
pub use unet::{UNet, UNetConfig};
