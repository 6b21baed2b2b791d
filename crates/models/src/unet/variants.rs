//! The original, the padded form in several widths, and any encoder with a U-Net's decoder.

use skip_blocks::layers::NormKind;
use skip_blocks::{ConvPadding, JoinKind, ModifierConfig, Upsampling};

use super::{UNetDecoderConfig, UNetStagesConfig};
use crate::variant::{FOREGROUND, MICROSCOPY, PAPER, Variant, segmenter};
use crate::{EncoderConfig, ModelConfig};

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

/// The widths and layers of segmentation_models.pytorch (Iakubovskii 2019).
fn smp_decoder() -> UNetDecoderConfig {
    UNetDecoderConfig::new()
        .with_channels(Some(vec![256, 128, 64, 32, 16]))
        .with_upsampling(Upsampling::Repeat)
        .with_join(JoinKind::Append)
}

fn on(encoder: EncoderConfig, decoder: UNetDecoderConfig) -> ModelConfig {
    ModelConfig::segmenter(encoder, decoder, FOREGROUND).with_head_kernel(3)
}

/// On any encoder, as segmentation_models.pytorch has it.
pub(crate) fn smp(encoder: EncoderConfig) -> ModelConfig {
    on(encoder, smp_decoder())
}

/// With squeeze and excitation of channels and pixels (Roy et al. 2018).
pub(crate) fn scse(encoder: EncoderConfig) -> ModelConfig {
    let scse = ModifierConfig::SpatialChannelExcitation { reduction: 16 };
    on(encoder, smp_decoder().with_modifiers(vec![scse]))
}

/// With attention gates (Oktay et al. 2018).
pub(crate) fn attention(encoder: EncoderConfig) -> ModelConfig {
    on(encoder, smp_decoder().with_join(JoinKind::Attention))
}
