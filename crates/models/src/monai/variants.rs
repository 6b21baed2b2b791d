//! The networks in the widths of MONAI's examples.

use skip_blocks::layers::{Act, NormKind};

use super::{
    MonaiAttentionDecoderConfig, MonaiBasicDecoderConfig, MonaiDecoderConfig, MonaiStagesConfig,
};
use crate::variant::{MICROSCOPY, Variant, segmenter};
use crate::{DecoderConfig, EncoderConfig, NnUNetStagesConfig, Package, UNetStagesConfig};

pub(crate) fn variants() -> Vec<Variant> {
    let channels = || vec![16, 32, 64, 128, 256];
    let strided = NnUNetStagesConfig::new(channels(), vec![2; 5])
        .with_norm(NormKind::Batch)
        .with_act(Act::Relu);
    let basic = UNetStagesConfig::new(32)
        .with_channels(Some(vec![32, 32, 64, 128, 256]))
        .with_norm(NormKind::Instance)
        .with_bias(true)
        .with_act(Act::LeakyRelu(0.1));
    vec![
        net(
            "monai_unet",
            MonaiStagesConfig::new(channels()),
            MonaiDecoderConfig::new(),
            "UNet/channels=16,32,64,128,256/strides=2,2,2,2/num_res_units=2",
        ),
        net(
            "monai_basic_unet",
            basic,
            MonaiBasicDecoderConfig::new(),
            "BasicUNet/features=32,32,64,128,256,32",
        ),
        net(
            "monai_attention_unet",
            strided,
            MonaiAttentionDecoderConfig::new(),
            "AttentionUnet/channels=16,32,64,128,256/strides=2,2,2,2",
        ),
    ]
}

fn net(
    name: &str,
    down: impl Into<EncoderConfig>,
    up: impl Into<DecoderConfig>,
    twin: &str,
) -> Variant {
    segmenter(name, MICROSCOPY, down, up).with_twin_named(Package::Monai, twin)
}
