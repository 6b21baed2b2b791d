//! Decoders that stand on any encoder, one a file; the U-Net's is in `unet`.
//!
//! Widths, names and order of operations are those of segmentation_models.pytorch 0.6 (Iakubovskii
//! 2019, <https://github.com/qubvel-org/segmentation_models.pytorch>) where it has the decoder. Two
//! things differ: images may have any size, since maps are brought to the size of the skip that
//! they meet, and convolutions start normal by fan-out (He et al. 2015), not uniform by fan-in.

pub(crate) mod deeplab;
pub(crate) mod fpn;
mod layers;
pub(crate) mod linknet;
pub(crate) mod manet;
pub(crate) mod unet3p;
pub(crate) mod unetpp;

pub use deeplab::{Aspp, DeepLabDecoder, DeepLabDecoderConfig};
pub use fpn::{FpnDecoder, FpnDecoderConfig, Lateral};
pub use layers::{ConvNorm, SeparableConv};
pub use linknet::{LinkNetDecoder, LinkNetDecoderConfig, LinkNetStage};
pub use manet::{FusionStage, MANetDecoder, MANetDecoderConfig, MANetStage, PositionAttention};
pub use unet3p::{FullScaleStage, UNet3PlusDecoder, UNet3PlusDecoderConfig};
pub use unetpp::{UNetPlusPlusDecoder, UNetPlusPlusDecoderConfig};
