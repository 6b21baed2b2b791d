//! The rows with another way past their blocks than one sum.

use skip_blocks::{ConnectionKind, Order};

use super::ResNetConfig;
use super::cifar::cifar;
use crate::variant::{CIFAR, Variant, classifier};

pub(super) fn variants() -> Vec<Variant> {
    let net = |name, net| classifier(name, CIFAR, net);
    let hyper = ConnectionKind::Hyper(STREAMS);
    let dynamic = ConnectionKind::DynamicHyper(STREAMS);
    let manifold = ConnectionKind::Manifold(STREAMS);
    vec![
        // "Hyper-Connections" (Zhu et al. 2024).
        net("hc_resnet20", streams(20, hyper)),
        net("hc_resnet56", streams(56, hyper)),
        net("dhc_resnet20", streams(20, dynamic)),
        net("dhc_resnet56", streams(56, dynamic)),
        // "mHC: Manifold-Constrained Hyper-Connections" (Xie et al. 2025).
        net("mhc_resnet20", streams(20, manifold)),
        net("mhc_resnet56", streams(56, manifold)),
        // "DenseFormer" (Pagliardini et al. 2024).
        net("dwa_resnet20", cifar(20).with_depth_average(true)),
        net("dwa_resnet56", cifar(56).with_depth_average(true)),
    ]
}

/// As many as do best in both papers.
const STREAMS: usize = 4;

fn streams(depth: usize, connection: ConnectionKind) -> ResNetConfig {
    cifar(depth)
        .with_order(Order::PreActivation)
        .with_connection(connection)
}
