//! What the parts of a U-Net's decoder are called.

use crate::keys::Names;

/// Our own.
pub(super) const OWN: Names = &[
    ("stages.#.conv", "{0}"),
    ("stages.#", "{0}"),
    ("head.conv", "head"),
    ("auxiliary.#.conv", "auxiliary.{0}"),
];

/// Those of segmentation_models.pytorch.
pub(super) const SMP: Names = &[
    ("stages.#.conv.conv1", "blocks.{0}.conv1.0"),
    ("stages.#.conv.bn1", "blocks.{0}.conv1.1"),
    ("stages.#.conv.conv2", "blocks.{0}.conv2.0"),
    ("stages.#.conv.bn2", "blocks.{0}.conv2.1"),
    (
        "stages.#.joined.0.channel1",
        "blocks.{0}.attention1.attention.cSE.1",
    ),
    (
        "stages.#.joined.0.channel2",
        "blocks.{0}.attention1.attention.cSE.3",
    ),
    (
        "stages.#.joined.0.spatial",
        "blocks.{0}.attention1.attention.sSE.0",
    ),
    (
        "stages.#.convolved.0.channel1",
        "blocks.{0}.attention2.attention.cSE.1",
    ),
    (
        "stages.#.convolved.0.channel2",
        "blocks.{0}.attention2.attention.cSE.3",
    ),
    (
        "stages.#.convolved.0.spatial",
        "blocks.{0}.attention2.attention.sSE.0",
    ),
    ("stages.#", "blocks.{0}"),
    ("head.conv", "segmentation_head.0"),
    ("auxiliary.#.conv", "auxiliary.{0}"),
];
