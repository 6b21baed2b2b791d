//! The networks of the paper, and its authors' smaller ones.

use super::{HrNetConfig, TopKind};
use crate::Package;
use crate::variant::{IMAGENET, Variant, classifier};

pub(crate) fn variants() -> Vec<Variant> {
    let timm = |name: &str, net| classifier(name, IMAGENET, net).with_twin(Package::Timm);
    let small = HrNetConfig::new(16)
        .with_first_blocks(1)
        .with_first_planes(32)
        .with_modules(vec![1, 1, 1])
        .with_blocks(2);
    let small_v2 = HrNetConfig::new(18)
        .with_first_blocks(2)
        .with_modules(vec![1, 3, 2])
        .with_blocks(2);
    // Trained by distillation, with other layers before the head.
    let ssld = |width| HrNetConfig::new(width).with_top(TopKind::Unbiased);
    let mut variants = vec![
        timm("hrnet_w18_small", small),
        timm("hrnet_w18_small_v2", small_v2),
    ];
    let widths = [18, 30, 32, 40, 44, 48, 64];
    variants.extend(widths.map(|width| timm(&format!("hrnet_w{width}"), HrNetConfig::new(width))));
    variants.extend([18, 48].map(|width| timm(&format!("hrnet_w{width}_ssld"), ssld(width))));
    variants
}
