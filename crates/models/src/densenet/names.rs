//! torchvision's names.

use crate::keys::Names;

pub(super) const NAMES: Names = &[
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
