//! The rows of the paper's tables.

use super::DenseNetConfig;
use crate::variant::{CIFAR, IMAGENET, Variant, classifier};
use crate::{Package, Stem};

pub(crate) fn variants() -> Vec<Variant> {
    let net = |layers: [usize; 4], growth_rate, stem_channels| {
        DenseNetConfig::new(layers.to_vec(), growth_rate, stem_channels)
    };
    let torchvision = |name, net| classifier(name, IMAGENET, net).with_twin(Package::Torchvision);
    // With three 3x3 convolutions in the stem.
    let deep = |name, net: DenseNetConfig| {
        let stem = Stem::Deep([net.growth_rate; 2]);
        classifier(name, IMAGENET, net.with_stem(stem)).with_twin(Package::Timm)
    };
    let bc = |name, depth, growth_rate| {
        classifier(name, CIFAR, DenseNetConfig::cifar_bc(depth, growth_rate))
    };
    vec![
        torchvision("densenet121", net([6, 12, 24, 16], 32, 64)),
        torchvision("densenet161", net([6, 12, 36, 24], 48, 96)),
        torchvision("densenet169", net([6, 12, 32, 32], 32, 64)),
        torchvision("densenet201", net([6, 12, 48, 32], 32, 64)),
        classifier("densenet264", IMAGENET, net([6, 12, 64, 48], 32, 64)),
        deep(
            "densenetblur121d",
            net([6, 12, 24, 16], 32, 64).with_blur(true),
        ),
        deep("densenet264d", net([6, 12, 64, 48], 48, 96)),
        classifier("densenet40_k12", CIFAR, DenseNetConfig::cifar(40, 12)),
        bc("densenet_bc100_k12", 100, 12),
        bc("densenet_bc190_k40", 190, 40),
        bc("densenet_bc250_k24", 250, 24),
    ]
}
