//! The rows of the papers' tables, and timm's smaller ones.

use super::ConvNeXtConfig;
use crate::Package;
use crate::variant::{IMAGENET, Variant, classifier};

pub(crate) fn variants() -> Vec<Variant> {
    let net = |blocks: [usize; 4], width| ConvNeXtConfig::new(blocks.to_vec(), width);
    let sizes = [
        ("atto", net([2, 2, 6, 2], 40)),
        ("femto", net([2, 2, 6, 2], 48)),
        ("pico", net([2, 2, 6, 2], 64)),
        ("nano", net([2, 2, 8, 2], 80)),
        ("tiny", net([3, 3, 9, 3], 96)),
        ("small", net([3, 3, 27, 3], 96)),
        ("base", net([3, 3, 27, 3], 128)),
    ];
    let timm = |family: &str, size: &str, net| {
        classifier(&format!("{family}_{size}"), IMAGENET, net).with_twin(Package::Timm)
    };
    let first = sizes.clone().map(|(size, net)| timm("convnext", size, net));
    let second = sizes.map(|(size, net)| timm("convnextv2", size, net.v2()));
    first.into_iter().chain(second).collect()
}
