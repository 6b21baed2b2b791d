//! timm's names.

use crate::keys::Names;

pub(super) const NAMES: Names = &[
    ("layer1.#.downsample.conv", "layer1.{0}.downsample.0"),
    ("layer1.#.downsample.bn", "layer1.{0}.downsample.1"),
    ("transitions.#.#.#.conv", "transition{0+1}.{1}.{2}.0"),
    ("transitions.#.#.#.norm", "transition{0+1}.{1}.{2}.1"),
    ("transitions.#.#.conv", "transition{0+1}.{1}.0"),
    ("transitions.#.#.norm", "transition{0+1}.{1}.1"),
    ("transitions.#", "transition{0+1}"),
    (
        "stages.#.#.exchange.fuse_layers.#.#.#.conv",
        "stage{0+2}.{1}.fuse_layers.{2}.{3}.{4}.0",
    ),
    (
        "stages.#.#.exchange.fuse_layers.#.#.#.norm",
        "stage{0+2}.{1}.fuse_layers.{2}.{3}.{4}.1",
    ),
    (
        "stages.#.#.exchange.fuse_layers.#.#.conv",
        "stage{0+2}.{1}.fuse_layers.{2}.{3}.0",
    ),
    (
        "stages.#.#.exchange.fuse_layers.#.#.norm",
        "stage{0+2}.{1}.fuse_layers.{2}.{3}.1",
    ),
    (
        "stages.#.#.exchange.joins.#",
        "stage{0+2}.{1}.fuse_layers.{2}.join",
    ),
    ("stages.#", "stage{0+2}"),
    (
        "incre_modules.#.downsample.conv",
        "incre_modules.{0}.0.downsample.0",
    ),
    (
        "incre_modules.#.downsample.bn",
        "incre_modules.{0}.0.downsample.1",
    ),
    ("incre_modules.#", "incre_modules.{0}.0"),
    ("top.downsamp_modules.#.conv", "downsamp_modules.{0}.0"),
    ("top.downsamp_modules.#.norm", "downsamp_modules.{0}.1"),
    ("top.final_layer.conv", "final_layer.0"),
    ("top.final_layer.norm", "final_layer.1"),
    ("head.linear", "classifier"),
];
