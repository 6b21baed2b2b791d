//! timm's names.

use crate::keys::Names;

pub(super) const NAMES: Names = &[
    ("stem.conv", "features.conv1_1.conv"),
    ("stem.norm", "features.conv1_1.bn"),
    // The projection's name tells its stride.
    ("stages.0.0.project.norm", "features.conv2_1.c1x1_w_s1.bn"),
    ("stages.0.0.project.conv", "features.conv2_1.c1x1_w_s1.conv"),
    (
        "stages.#.0.project.norm",
        "features.conv{0+2}_1.c1x1_w_s2.bn",
    ),
    (
        "stages.#.0.project.conv",
        "features.conv{0+2}_1.c1x1_w_s2.conv",
    ),
    (
        "stages.#.#.reduce.norm",
        "features.conv{0+2}_{1+1}.c1x1_a.bn",
    ),
    (
        "stages.#.#.reduce.conv",
        "features.conv{0+2}_{1+1}.c1x1_a.conv",
    ),
    ("stages.#.#.conv.norm", "features.conv{0+2}_{1+1}.c3x3_b.bn"),
    (
        "stages.#.#.conv.conv",
        "features.conv{0+2}_{1+1}.c3x3_b.conv",
    ),
    ("stages.#.#.norm", "features.conv{0+2}_{1+1}.c1x1_c.bn"),
    (
        "stages.#.#.expand.residual",
        "features.conv{0+2}_{1+1}.c1x1_c1",
    ),
    (
        "stages.#.#.expand.dense",
        "features.conv{0+2}_{1+1}.c1x1_c2",
    ),
    ("stages.#.#.expand", "features.conv{0+2}_{1+1}.c1x1_c.conv"),
    ("stages.#.#", "features.conv{0+2}_{1+1}"),
    ("norm", "features.conv5_bn_ac.bn"),
    ("head.linear", "classifier"),
];
