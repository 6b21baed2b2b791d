//! The rows that timm has: excited, deep-stemmed, anti-aliased, pre-activated.

use skip_blocks::layers::NormKind;
use skip_blocks::{AntiAliasing, ModifierConfig, Order, ShortcutKind};

use super::BlockKind::{Basic, Bottleneck};
use super::{ResNetConfig, StemPool};
use crate::variant::{IMAGENET, Variant, classifier};
use crate::{Package, Stem};

pub(super) fn variants() -> Vec<Variant> {
    let timm = |name, net| classifier(name, IMAGENET, net).with_twin(Package::Timm);
    let [r10, r18, r34] = [[1, 1, 1, 1], [2, 2, 2, 2], [3, 4, 6, 3]].map(basic);
    let [r14, r26, r50, r101, r152, r200] = [
        [1, 1, 1, 1],
        [2, 2, 2, 2],
        [3, 4, 6, 3],
        [3, 4, 23, 3],
        [3, 8, 36, 3],
        [3, 24, 36, 3],
    ]
    .map(bottleneck);
    let light = bottleneck([1, 1, 11, 3]);
    vec![
        // "Squeeze-and-Excitation Networks" (Hu et al. 2017).
        timm("seresnet18", se(&r18)),
        timm("seresnet34", se(&r34)),
        timm("seresnet50", se(&r50)),
        timm("seresnet50t", se(&t(&r50))),
        timm("seresnet101", se(&r101)),
        timm("seresnet152", se(&r152)),
        timm("seresnet152d", se(&d(&r152))),
        timm("seresnext26d_32x4d", se(&d(&x4(&r26)))),
        timm("seresnext26t_32x4d", se(&t(&x4(&r26)))),
        timm("seresnext50_32x4d", se(&x4(&r50))),
        timm("seresnext101_32x4d", se(&x4(&r101))),
        timm("seresnext101_32x8d", se(&x8(&r101))),
        timm("seresnext101d_32x8d", se(&d(&x8(&r101)))),
        // "ECA-Net" (Wang et al. 2020).
        timm("ecaresnet26t", eca(&t(&r26))),
        timm("ecaresnet50t", eca(&t(&r50))),
        timm("ecaresnet50d", eca(&d(&r50))),
        timm("ecaresnet101d", eca(&d(&r101))),
        timm("ecaresnetlight", eca(&pooled(&light))),
        timm("ecaresnext26t_32x4d", eca(&t(&x4(&r26)))),
        // "Bag of Tricks" (He et al. 2018).
        timm("resnet10t", t(&r10)),
        timm("resnet14t", t(&r14)),
        timm("resnet18d", d(&r18)),
        timm("resnet26", r26.clone()),
        timm("resnet26t", t(&r26)),
        timm("resnet26d", d(&r26)),
        timm("resnet34d", d(&r34)),
        timm("resnet50c", c(&r50)),
        timm("resnet50d", d(&r50)),
        timm("resnet50s", s(&r50)),
        timm("resnet50t", t(&r50)),
        timm("resnet101c", c(&r101)),
        timm("resnet101d", d(&r101)),
        timm("resnet101s", s(&r101)),
        timm("resnet152c", c(&r152)),
        timm("resnet152d", d(&r152)),
        timm("resnet152s", s(&r152)),
        timm("resnet200", r200.clone()),
        timm("resnet200d", d(&r200)),
        timm("resnext50d_32x4d", d(&x4(&r50))),
        timm("resnext101_32x4d", x4(&r101)),
        timm("resnet50_gn", r50.clone().with_norm(GROUPS)),
        // "Revisiting ResNets" (Bello et al. 2021).
        timm("resnetrs50", rs(&r50)),
        timm("resnetrs101", rs(&r101)),
        timm("resnetrs152", rs(&r152)),
        // "Making Convolutional Networks Shift-Invariant Again" (Zhang 2019).
        timm("resnetblur18", blur(&r18)),
        timm("resnetblur50", blur(&r50)),
        timm("resnetblur50d", blur(&d(&r50))),
        timm("resnetblur101d", blur(&d(&r101))),
        timm("resnetaa34d", aa(&d(&r34))),
        timm("resnetaa50", aa(&r50)),
        timm("resnetaa50d", aa(&d(&r50))),
        timm("resnetaa101d", aa(&d(&r101))),
        timm("seresnetaa50d", se(&aa(&d(&r50)))),
        timm("seresnextaa101d_32x8d", se(&aa(&d(&x8(&r101))))),
        // "Identity Mappings in Deep Residual Networks" (He et al. 2016).
        timm("resnetv2_18", v2(&r18)),
        timm("resnetv2_18d", v2(&d(&r18))),
        timm("resnetv2_34", v2(&r34)),
        timm("resnetv2_34d", v2(&d(&r34))),
        timm("resnetv2_50", v2(&r50)),
        timm("resnetv2_50d", v2(&d(&r50))),
        timm("resnetv2_50t", v2(&t(&r50))),
        timm("resnetv2_101", v2(&r101)),
        timm("resnetv2_101d", v2(&d(&r101))),
        timm("resnetv2_152", v2(&r152)),
        timm("resnetv2_152d", v2(&d(&r152))),
        timm("resnetv2_50d_gn", v2(&d(&r50)).with_norm(GROUPS)),
        // "Big Transfer (BiT)" (Kolesnikov et al. 2019).
        timm("resnetv2_50x1_bit", bit(&r50)),
        timm("resnetv2_101x1_bit", bit(&r101)),
    ]
}

const GROUPS: NormKind = NormKind::Group(32);

fn basic(blocks: [usize; 4]) -> ResNetConfig {
    ResNetConfig::new(Basic, blocks.to_vec()).with_zero_init_last(true)
}

fn bottleneck(blocks: [usize; 4]) -> ResNetConfig {
    ResNetConfig::new(Bottleneck, blocks.to_vec()).with_zero_init_last(true)
}

/// ResNeXt's 32 groups of 4 channels.
fn x4(net: &ResNetConfig) -> ResNetConfig {
    net.clone().with_groups(32).with_width_per_group(4)
}

/// ResNeXt's 32 groups of 8 channels.
fn x8(net: &ResNetConfig) -> ResNetConfig {
    net.clone().with_groups(32).with_width_per_group(8)
}

fn se(net: &ResNetConfig) -> ResNetConfig {
    let excitation = ModifierConfig::SqueezeExcitation { reduction: 16 };
    net.clone().with_modifiers(vec![excitation])
}

fn eca(net: &ResNetConfig) -> ResNetConfig {
    let attention = ModifierConfig::EfficientChannelAttention;
    net.clone().with_modifiers(vec![attention])
}

/// Shortcuts that pass over no pixel.
fn pooled(net: &ResNetConfig) -> ResNetConfig {
    net.clone().with_shortcut(ShortcutKind::PooledProjection)
}

/// A deep stem.
fn c(net: &ResNetConfig) -> ResNetConfig {
    net.clone().with_stem(Stem::Deep([32, 32]))
}

/// A deep stem of twice the width.
fn s(net: &ResNetConfig) -> ResNetConfig {
    let net = net.clone().with_stem(Stem::Deep([64, 64]));
    net.with_stem_channels(Some(128))
}

/// A deep stem and pooled shortcuts.
fn d(net: &ResNetConfig) -> ResNetConfig {
    pooled(&c(net))
}

/// The same with a stem that grows in steps.
fn t(net: &ResNetConfig) -> ResNetConfig {
    pooled(net).with_stem(Stem::Deep([24, 32]))
}

fn rs(net: &ResNetConfig) -> ResNetConfig {
    let excitation = ModifierConfig::SqueezeExcitation { reduction: 4 };
    d(net)
        .with_stem_pool(StemPool::Conv)
        .with_modifiers(vec![excitation])
}

fn blur(net: &ResNetConfig) -> ResNetConfig {
    net.clone().with_anti_aliasing(AntiAliasing::Blur)
}

fn aa(net: &ResNetConfig) -> ResNetConfig {
    net.clone().with_anti_aliasing(AntiAliasing::Average)
}

fn v2(net: &ResNetConfig) -> ResNetConfig {
    let net = net.clone().with_order(Order::PreActivation);
    net.with_zero_init_last(false)
}

/// Group normalisation, and weights that are standardised.
fn bit(net: &ResNetConfig) -> ResNetConfig {
    v2(net)
        .with_norm(GROUPS)
        .with_weight_standardization(Some(1e-8))
        .with_stem_pool(StemPool::MaxZeros)
}
