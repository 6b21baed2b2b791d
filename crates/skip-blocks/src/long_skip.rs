//! The stages of a U-Net: an encoder stage hands its feature map over to the decoder stage of the
//! same size.

mod decoder;
mod double_conv;
mod encoder;
mod up;

pub use decoder::{DecoderStage, DecoderStageConfig};
pub use double_conv::{ConvPadding, DoubleConv, DoubleConvConfig};
pub use encoder::{EncoderStage, EncoderStageConfig};
pub use up::{Up, Upsampling};
