//! U-Net: an encoder and a decoder with long skips between their stages of one size.
//!
//! "U-Net: Convolutional Networks for Biomedical Image Segmentation" (Ronneberger et al. 2015,
//! <https://arxiv.org/abs/1505.04597>). Its decoder stands on any encoder.

mod decoder;
mod names;
mod stages;
mod variants;

pub(crate) use decoder::ascend;
pub use decoder::{UNetDecoder, UNetDecoderConfig};
pub use stages::{UNetStages, UNetStagesConfig};
pub(crate) use variants::{attention, scse, smp, variants};
