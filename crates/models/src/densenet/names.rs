//! torchvision's names, and timm's of networks with a deep stem.

use crate::keys::Names;

/// With a stem of one convolution.
pub(super) const SINGLE: Names = &[
    (
        "blocks.#.layers.#",
        "features.denseblock{0+1}.denselayer{1+1}",
    ),
    ("blocks.#", "features.denseblock{0+1}"),
    ("transitions.#", "features.transition{0+1}"),
    ("conv0", "features.conv0"),
    ("norm0", "features.norm0"),
    ("norm", "features.norm5"),
    ("head.linear", "classifier"),
];

/// With one of three.
pub(super) const DEEP: Names = &[
    (
        "blocks.#.layers.#",
        "features.denseblock{0+1}.denselayer{1+1}",
    ),
    ("blocks.#", "features.denseblock{0+1}"),
    ("transitions.#", "features.transition{0+1}"),
    ("conv0.conv1", "features.conv0"),
    ("conv0.bn1", "features.norm0"),
    ("conv0.conv2", "features.conv1"),
    ("conv0.bn2", "features.norm1"),
    ("conv0.conv3", "features.conv2"),
    ("norm0", "features.norm2"),
    ("norm", "features.norm5"),
    ("head.linear", "classifier"),
];
