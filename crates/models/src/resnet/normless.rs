//! The rows that learn without normalisation, or with branches that are shaken.

use skip_blocks::layers::NormKind;
use skip_blocks::{ModifierConfig, Order};

use super::BlockKind::Bottleneck;
use super::ResNetConfig;
use super::cifar::cifar;
use crate::variant::{CIFAR, IMAGENET, Variant, classifier};

pub(super) fn variants() -> Vec<Variant> {
    let resnet50 = ResNetConfig::new(Bottleneck, vec![3, 4, 6, 3]);
    vec![
        // "ReZero is All You Need" (Bachlechner et al. 2020): the blocks of He 2015.
        classifier("rezero_resnet20", CIFAR, scaled(cifar(20))),
        classifier("rezero_resnet56", CIFAR, scaled(cifar(56))),
        classifier("rezero_resnet110", CIFAR, scaled(cifar(110))),
        // "Batch Normalization Biases Residual Blocks Towards the Identity Function" (De and Smith
        // 2020): those of wide networks, which activate first, so that nothing stands on the way
        // past all blocks. The scalar is the same.
        classifier("skipinit_resnet110", CIFAR, scaled(first(cifar(110)))),
        classifier("skipinit_wrn16_4", CIFAR, scaled(ResNetConfig::wide(16, 4))),
        // "Fixup Initialization" (Zhang et al. 2019).
        classifier("fixup_resnet20", CIFAR, fixup(cifar(20))),
        classifier("fixup_resnet56", CIFAR, fixup(cifar(56))),
        classifier("fixup_resnet110", CIFAR, fixup(cifar(110))),
        classifier("fixup_resnet50", IMAGENET, fixup(resnet50)),
        // "ShakeDrop Regularization for Deep Residual Learning" (Yamada et al. 2018).
        classifier("shakedrop_resnet20", CIFAR, shaken(cifar(20))),
        classifier("shakedrop_resnet110", CIFAR, shaken(cifar(110))),
    ]
}

/// Blocks that activate first.
fn first(net: ResNetConfig) -> ResNetConfig {
    net.with_order(Order::PreActivation)
}

/// Without normalisation, each branch with a scalar that starts at 0.
fn scaled(net: ResNetConfig) -> ResNetConfig {
    net.with_norm(NormKind::None)
        .with_modifiers(vec![ModifierConfig::SkipInit])
}

fn fixup(net: ResNetConfig) -> ResNetConfig {
    net.with_norm(NormKind::None).with_fixup(true)
}

fn shaken(net: ResNetConfig) -> ResNetConfig {
    net.with_shake_drop_rate(0.5)
}
