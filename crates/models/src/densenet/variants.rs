//! The rows of the paper's tables.

use super::DenseNetConfig;
use crate::variant::{CIFAR, IMAGENET, Variant, classifier};

pub(crate) fn variants() -> Vec<Variant> {
    let net = |layers: [usize; 4], growth_rate, stem_channels| {
        DenseNetConfig::new(layers.to_vec(), growth_rate, stem_channels)
    };
    vec![
        classifier("densenet121", IMAGENET, net([6, 12, 24, 16], 32, 64)),
        classifier("densenet161", IMAGENET, net([6, 12, 36, 24], 48, 96)),
        classifier("densenet169", IMAGENET, net([6, 12, 32, 32], 32, 64)),
        classifier("densenet201", IMAGENET, net([6, 12, 48, 32], 32, 64)),
        classifier("densenet40_k12", CIFAR, DenseNetConfig::cifar(40, 12)),
        classifier(
            "densenet_bc100_k12",
            CIFAR,
            DenseNetConfig::cifar_bc(100, 12),
        ),
    ]
}
