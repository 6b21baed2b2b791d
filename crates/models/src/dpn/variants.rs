//! The rows of the paper's table, and the smaller ones of its authors and timm.

use skip_blocks::DualPathOutput;
use skip_blocks::layers::Act;

use super::DpnConfig;
use crate::Package;
use crate::variant::{IMAGENET, Variant, classifier};

pub(crate) fn variants() -> Vec<Variant> {
    let net = |blocks: [usize; 4], growth: [usize; 4], width, groups, stem| {
        DpnConfig::new(blocks.to_vec(), growth.to_vec(), width, groups, stem)
    };
    let small = |third| {
        net([3, 4, third, 3], [16, 32, 32, 64], 128, 32, 10)
            .with_stem_kernel(3)
            .with_residual(64)
    };
    let split = |net: DpnConfig| net.with_output(DualPathOutput::Split);
    let timm = |name, net| classifier(name, IMAGENET, net).with_twin(Package::Timm);
    vec![
        timm("dpn48b", split(small(6)).with_outer_act(Act::Silu)),
        timm("dpn68", small(12)),
        timm("dpn68b", split(small(12))),
        timm("dpn92", net([3, 4, 20, 3], [16, 32, 24, 128], 96, 32, 64)),
        timm("dpn98", net([3, 6, 20, 3], [16, 32, 32, 128], 160, 40, 96)),
        timm(
            "dpn107",
            net([4, 8, 20, 3], [20, 64, 64, 128], 200, 50, 128),
        ),
        timm(
            "dpn131",
            net([4, 8, 28, 3], [16, 32, 32, 128], 160, 40, 128),
        ),
    ]
}
