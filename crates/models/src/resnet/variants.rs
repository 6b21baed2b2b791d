//! The rows of the papers' tables.

use super::cifar::cifar;
use super::{BlockKind, ResNetConfig, normless, rewired, timm};
use crate::Package;
use crate::variant::{CIFAR, IMAGENET, SMALL, Variant, classifier};
use BlockKind::{Basic, Bottleneck};
use skip_blocks::Order;

pub(crate) fn variants() -> Vec<Variant> {
    let net = ResNetConfig::new;
    let resnet10 = || net(Basic, vec![1, 1, 1, 1]);
    let resnet18 = || net(Basic, vec![2, 2, 2, 2]);
    let resnet34 = || net(Basic, vec![3, 4, 6, 3]);
    let resnet50 = || net(Bottleneck, vec![3, 4, 6, 3]);
    let resnet101 = || net(Bottleneck, vec![3, 4, 23, 3]);
    let grouped = |net: ResNetConfig, width| net.with_groups(32).with_width_per_group(width);
    let torchvision = |name, net| classifier(name, IMAGENET, net).with_twin(Package::Torchvision);
    let mut variants = vec![
        torchvision("resnet18", resnet18()),
        torchvision("resnet34", resnet34()),
        torchvision("resnet50", resnet50()),
        torchvision("resnet101", resnet101()),
        torchvision("resnet152", net(Bottleneck, vec![3, 8, 36, 3])),
        torchvision("wide_resnet50_2", resnet50().with_width_per_group(128)),
        torchvision("wide_resnet101_2", resnet101().with_width_per_group(128)),
        torchvision("resnext50_32x4d", grouped(resnet50(), 4)),
        torchvision("resnext101_32x8d", grouped(resnet101(), 8)),
        classifier("resnet10", IMAGENET, resnet10()),
        classifier("resnet10_w32", SMALL, resnet10().with_width(32)),
        classifier("resnet10_w16", SMALL, resnet10().with_width(16)),
        classifier("plain18", IMAGENET, resnet18().plain()),
        classifier("plain34", IMAGENET, resnet34().plain()),
        classifier("resnet8", CIFAR, cifar(8)),
        classifier("resnet14", CIFAR, cifar(14)),
        classifier("resnet20", CIFAR, cifar(20)),
        classifier("resnet32", CIFAR, cifar(32)),
        classifier("resnet44", CIFAR, cifar(44)),
        classifier("resnet56", CIFAR, cifar(56)),
        classifier("resnet110", CIFAR, cifar(110)),
        classifier("plain20", CIFAR, cifar(20).plain()),
        classifier("plain32", CIFAR, cifar(32).plain()),
        classifier("plain44", CIFAR, cifar(44).plain()),
        classifier("plain56", CIFAR, cifar(56).plain()),
        classifier("plain110", CIFAR, cifar(110).plain()),
        classifier(
            "preact_resnet110",
            CIFAR,
            cifar(110).with_order(Order::PreActivation),
        ),
        classifier(
            "preact_resnet164",
            CIFAR,
            ResNetConfig::cifar(Bottleneck, 164).with_order(Order::PreActivation),
        ),
        classifier(
            "preact_resnet1001",
            CIFAR,
            ResNetConfig::cifar(Bottleneck, 1001).with_order(Order::PreActivation),
        ),
        classifier("wrn16_8", CIFAR, ResNetConfig::wide(16, 8)),
        classifier("wrn28_10", CIFAR, ResNetConfig::wide(28, 10)),
    ];
    variants.extend(normless::variants());
    variants.extend(rewired::variants());
    variants.extend(timm::variants());
    variants
}
