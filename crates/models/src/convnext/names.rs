//! timm's names.

use crate::keys::Names;

pub(super) const NAMES: Names = &[
    ("stem.conv", "stem.0"),
    ("stem.norm", "stem.1"),
    ("stages.#.downsample.norm", "stages.{0}.downsample.0"),
    ("stages.#.downsample.conv", "stages.{0}.downsample.1"),
    // LayerScale's factors.
    (
        "stages.#.blocks.#.modifiers.0.weight",
        "stages.{0}.blocks.{1}.gamma",
    ),
    ("head.linear", "head.fc"),
];
