//! timm's names.

use crate::keys::Names;

pub(super) const NAMES: Names = &[
    ("stem.conv", "stem.conv"),
    ("stem", "stem.conv"),
    (
        "stages.#.#.downsample.conv.conv",
        "stages.{0}.{1}.downsample.conv",
    ),
    ("stages.#.#.conv1.conv", "stages.{0}.{1}.conv1"),
    ("stages.#.#.conv2.conv", "stages.{0}.{1}.conv2"),
    ("stages.#.#.conv3.conv", "stages.{0}.{1}.conv3"),
    (
        "stages.#.#.skipinit_gain.alpha",
        "stages.{0}.{1}.skipinit_gain",
    ),
    ("head.linear", "head.fc"),
];
