//! nnU-Net's networks: U-Nets of strided convolutions with instance normalisation, plain or with
//! residual blocks on the way down.
//!
//! "nnU-Net: a self-configuring method for deep learning-based biomedical image segmentation"
//! (Isensee et al. 2021, <https://doi.org/10.1038/s41592-020-01008-z>); with residual blocks,
//! "nnU-Net Revisited" (Isensee et al. 2024, <https://arxiv.org/abs/2404.09556>). What nnU-Net finds
//! out of a data set, such as how many stages there are, is a configuration here.

mod decoder;
mod names;
mod stages;
mod variants;

pub use decoder::{NnUNetDecoder, NnUNetDecoderConfig, NnUNetDecoderStage};
pub use stages::{NnUNetStage, NnUNetStages, NnUNetStagesConfig, StageKind};
pub(crate) use variants::variants;
