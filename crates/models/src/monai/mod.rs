//! MONAI's U-Nets, in two dimensions: with residual units, plain, and with attention gates.
//!
//! "MONAI: An open-source framework for deep learning in healthcare" (Cardoso et al. 2022,
//! <https://arxiv.org/abs/2211.02701>).

mod attention;
mod basic;
mod head;
mod names;
mod residual;
mod stages;
mod unit;
mod variants;

pub use attention::{AttentionStage, MonaiAttentionDecoder, MonaiAttentionDecoderConfig};
pub use basic::MonaiBasicDecoderConfig;
pub use head::UpHead;
pub use residual::{MonaiDecoder, MonaiDecoderConfig, MonaiDecoderStage};
pub use stages::{MonaiStages, MonaiStagesConfig};
pub use unit::{ConvPRelu, ResidualUnit};
pub(crate) use variants::variants;
