//! The original, the padded form in several widths, and any encoder with a U-Net's decoder.

use skip_blocks::layers::NormKind;
use skip_blocks::{ConvPadding, JoinKind, Upsampling};

use super::{UNetDecoderConfig, UNetStagesConfig};
use crate::variant::{MICROSCOPY, PAPER, Variant, segmenter};
use crate::{DecoderConfig, EncoderConfig};

pub(crate) fn variants() -> Vec<Variant> {
    let down = UNetStagesConfig::new;
    let up = UNetDecoderConfig::new;
    let padded = |name, width| segmenter(name, MICROSCOPY, down(width), up());
    vec![
        segmenter(
            "unet",
            PAPER,
            down(64)
                .with_padding(ConvPadding::Valid)
                .with_norm(NormKind::None),
            up().with_padding(ConvPadding::Valid)
                .with_norm(NormKind::None),
        ),
        padded("unet64", 64),
        padded("unet32", 32),
        segmenter(
            "unet32_add",
            MICROSCOPY,
            down(32),
            up().with_join(JoinKind::Add),
        ),
        segmenter(
            "unet32_noskip",
            MICROSCOPY,
            down(32),
            up().with_join(JoinKind::None),
        ),
        padded("unet16", 16),
        padded("unet8", 8),
    ]
}

/// A U-Net's decoder and head for any encoder, with the widths and layers of
/// segmentation_models.pytorch (Iakubovskii 2019).
pub(crate) fn on(_: &EncoderConfig) -> (DecoderConfig, usize) {
    let decoder = UNetDecoderConfig::new()
        .with_channels(Some(vec![256, 128, 64, 32, 16]))
        .with_upsampling(Upsampling::Repeat);
    (decoder.into(), 3)
}
