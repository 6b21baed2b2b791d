//! The rows of the paper's tables.

use super::DenseNetConfig;
use crate::Package;
use crate::variant::{CIFAR, IMAGENET, Variant, classifier};

pub(crate) fn variants() -> Vec<Variant> {
    let net = |layers: [usize; 4], growth_rate, stem_channels| {
        DenseNetConfig::new(layers.to_vec(), growth_rate, stem_channels)
    };
    let torchvision = |name, net| classifier(name, IMAGENET, net).with_twin(Package::Torchvision);
    vec![
        torchvision("densenet121", net([6, 12, 24, 16], 32, 64)),
        torchvision("densenet161", net([6, 12, 36, 24], 48, 96)),
        torchvision("densenet169", net([6, 12, 32, 32], 32, 64)),
        torchvision("densenet201", net([6, 12, 48, 32], 32, 64)),
        classifier("densenet40_k12", CIFAR, DenseNetConfig::cifar(40, 12)),
        classifier(
            "densenet_bc100_k12",
            CIFAR,
            DenseNetConfig::cifar_bc(100, 12),
        ),
    ]
}
