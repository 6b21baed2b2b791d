//! torchvision's names.

use crate::keys::Names;

pub(super) const NAMES: Names = &[
    ("stages.#.#.downsample.conv", "layer{0+1}.{1}.downsample.0"),
    ("stages.#.#.downsample.bn", "layer{0+1}.{1}.downsample.1"),
    ("stages.#", "layer{0+1}"),
    ("head.linear", "fc"),
];
