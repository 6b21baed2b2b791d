//! Skip-connected networks for [Burn](burn), composed of [`skip_blocks`].
//!
//! A [`Model`] is an encoder, perhaps a decoder, and a head. Encoders and decoders come in families,
//! each in a folder: its configuration, its network, and its variants, a line each.
//!
//! | family | skip | folder |
//! |---|---|---|
//! | [`ResNet`] | added | `resnet` |
//! | [`NfResNet`] | added | `nf_resnet` |
//! | [`RevNet`] | added, reversible | `revnet` |
//! | [`ConvNeXt`] | added | `convnext` |
//! | [`DenseNet`] | concatenated | `densenet` |
//! | [`Dpn`] | added and concatenated | `dpn` |
//! | [`HrNet`] | added, also across sizes | `hrnet` |
//! | [`HighwayNet`], [`HighwayConvNet`] | gated | `highway` |
//! | [`UNetStages`], [`UNetDecoder`] | long | `unet` |
//! | [`NnUNetStages`], [`NnUNetDecoder`] | long, and added | `nnunet` |
//! | [`MonaiStages`], [`MonaiDecoder`] and its kin | long, and added or weighted | `monai` |
//!
//! [`list`], [`find`] and [`create`] know all variants by name. A decoder's name before an
//! encoder's makes both one model, with the names and numbers of segmentation_models.pytorch where
//! it has the decoder:
//!
//! | name | decoder | how the encoder's maps join |
//! |---|---|---|
//! | `unet-..` | [`UNetDecoder`] | concatenated |
//! | `unet_scse-..` | the same, with [`SpatialChannelExcitation`](skip_blocks::SpatialChannelExcitation) | concatenated, then weighted |
//! | `attention_unet-..` | the same, with [`AttentionGate`](skip_blocks::AttentionGate)s | gated, then concatenated |
//! | `unetpp-..` | [`UNetPlusPlusDecoder`] | through stages of their own |
//! | `unet3p-..` | [`UNet3PlusDecoder`] | all sizes with all sizes |
//! | `linknet-..` | [`LinkNetDecoder`] | added |
//! | `fpn-..` | [`FpnDecoder`] | added, down a pyramid |
//! | `deeplabv3plus-..` | [`DeepLabDecoder`] | one, concatenated |
//! | `manet-..` | [`MANetDecoder`] | weighted, then concatenated |
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use models::{ImageSpec, create};
//!
//! let device = Device::flex();
//! let config = create("unet-resnet10_w16")?
//!     .with_image(ImageSpec::new(1, 45, 64))
//!     .with_outputs(3);
//! let model = config.init(&device);
//! let answers = model.forward(Tensor::ones([2, 1, 45, 64], &device));
//! assert_eq!(answers[0].dims(), [2, 3, 45, 64]);
//! # Ok::<(), models::ModelError>(())
//! ```
#![warn(missing_docs)]

mod convnext;
mod decoder;
mod decoders;
mod densenet;
mod dpn;
mod encoder;
mod error;
mod families;
mod head;
mod highway;
mod hrnet;
mod image;
pub mod keys;
mod model;
mod monai;
mod nf_resnet;
mod nnunet;
mod pool;
mod registry;
mod resnet;
mod revnet;
mod settings;
mod sizes;
mod skip;
mod stages;
mod stem;
pub mod table;
mod task;
mod twin;
mod unet;
mod variant;
mod way_up;

pub use convnext::{ConvNeXt, ConvNeXtBlock, ConvNeXtConfig, ConvNeXtStage, Mlp};
pub use decoder::{Decode, DecoderFamily};
pub use decoders::{
    Aspp, ConvNorm, DeepLabDecoder, DeepLabDecoderConfig, FpnDecoder, FpnDecoderConfig,
    FullScaleStage, FusionStage, Lateral, LinkNetDecoder, LinkNetDecoderConfig, LinkNetStage,
    MANetDecoder, MANetDecoderConfig, MANetStage, PositionAttention, SeparableConv,
    UNet3PlusDecoder, UNet3PlusDecoderConfig, UNetPlusPlusDecoder, UNetPlusPlusDecoderConfig,
};
pub use densenet::{DenseNet, DenseNetConfig};
pub use dpn::{Dpn, DpnConfig};
pub use encoder::{Encode, EncoderFamily, Level, Levels};
pub use error::ModelError;
pub use families::{Decoder, DecoderConfig, Encoder, EncoderConfig};
pub use head::{Head, HeadConfig, MapHead, PooledHead};
pub use highway::{HighwayConvNet, HighwayConvNetConfig, HighwayNet, HighwayNetConfig};
pub use hrnet::{HrModule, HrNet, HrNetConfig, HrTop, HrTransition, TopKind};
pub use image::ImageSpec;
pub use model::{Model, ModelConfig};
pub use monai::{
    AttentionStage, ConvPRelu, MonaiAttentionDecoder, MonaiAttentionDecoderConfig,
    MonaiBasicDecoderConfig, MonaiDecoder, MonaiDecoderConfig, MonaiDecoderStage, MonaiStages,
    MonaiStagesConfig, ResidualUnit, UpHead,
};
pub use nf_resnet::{NfResNet, NfResNetConfig};
pub use nnunet::{
    NnUNetDecoder, NnUNetDecoderConfig, NnUNetDecoderStage, NnUNetStage, NnUNetStages,
    NnUNetStagesConfig, StageKind,
};
pub use pool::Pool;
pub use registry::{create, find, find_twin, list, variants};
pub use resnet::{Block, BlockKind, DilationStart, PoolingConv, ResNet, ResNetConfig, StemPool};
pub use revnet::{RevNet, RevNetConfig, RevStage, RevTransition};
pub use sizes::Size;
pub use skip::{Skip, Skips};
pub use stem::{DeepStem, Stem, StemConv};
pub use task::Task;
pub use twin::{Package, Twin};
pub use unet::{UNetDecoder, UNetDecoderConfig, UNetStages, UNetStagesConfig};
pub use variant::Variant;
pub use way_up::Step;
