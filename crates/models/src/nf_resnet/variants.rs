//! timm's rows.

use skip_blocks::ModifierConfig;

use super::NfResNetConfig;
use crate::Package;
use crate::variant::{IMAGENET, Variant, classifier};

pub(crate) fn variants() -> Vec<Variant> {
    let depths = [
        ("26", [2, 2, 2, 2]),
        ("50", [3, 4, 6, 3]),
        ("101", [3, 4, 23, 3]),
    ];
    let attentions = [
        ("nf_resnet", None),
        (
            "nf_seresnet",
            Some(ModifierConfig::SqueezeExcitation { reduction: 16 }),
        ),
        (
            "nf_ecaresnet",
            Some(ModifierConfig::EfficientChannelAttention),
        ),
    ];
    let mut variants = vec![];
    for (kin, attention) in attentions {
        for (depth, blocks) in depths {
            let net = NfResNetConfig::new(blocks.to_vec()).with_attention(attention.clone());
            let variant = classifier(&format!("{kin}{depth}"), IMAGENET, net);
            variants.push(variant.with_twin(Package::Timm));
        }
    }
    variants
}
