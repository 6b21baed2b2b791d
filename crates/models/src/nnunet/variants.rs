//! What nnU-Net plans for images of 256x256: sizes down to 4, and no more than 512 channels.

use super::{NnUNetDecoderConfig, NnUNetStagesConfig, StageKind};
use crate::Package;
use crate::variant::{MICROSCOPY, Variant, segmenter};

const CHANNELS: [usize; 7] = [32, 64, 128, 256, 512, 512, 512];

pub(crate) fn variants() -> Vec<Variant> {
    let down = |blocks: [usize; 7]| NnUNetStagesConfig::new(CHANNELS.to_vec(), blocks.to_vec());
    let up = NnUNetDecoderConfig::new().with_deep_supervision(CHANNELS.len() - 2);
    let net = |name, down, up, twin| {
        segmenter(name, MICROSCOPY, down, up).with_twin_named(Package::NnUnet, twin)
    };
    vec![
        net(
            "nnunet",
            down([2; 7]),
            up.clone(),
            "PlainConvUNet/features_per_stage=32,64,128,256,512,512,512/n_conv_per_stage=2/\
             n_conv_per_stage_decoder=2",
        ),
        net(
            "nnunet_resenc",
            down([1, 3, 4, 6, 6, 6, 6]).with_kind(StageKind::Residual),
            up.with_convolutions(1),
            "ResidualEncoderUNet/features_per_stage=32,64,128,256,512,512,512/\
             n_blocks_per_stage=1,3,4,6,6,6,6/n_conv_per_stage_decoder=1",
        ),
    ]
}
