//! Public names, by the order of the layers: torchvision's and timm's `resnet` where activations
//! stand after the convolutions, timm's `resnetv2` where they stand before.

use crate::keys::Names;

pub(super) const POST_ACTIVATION: Names = &[
    ("conv1.conv1", "conv1.0"),
    ("conv1.bn1", "conv1.1"),
    ("conv1.conv2", "conv1.3"),
    ("conv1.bn2", "conv1.4"),
    ("conv1.conv3", "conv1.6"),
    ("maxpool.conv", "maxpool.0"),
    ("maxpool.bn", "maxpool.1"),
    (
        "stages.#.#.downsample.projection.conv",
        "layer{0+1}.{1}.downsample.1",
    ),
    (
        "stages.#.#.downsample.projection.bn",
        "layer{0+1}.{1}.downsample.2",
    ),
    ("stages.#.#.downsample.conv", "layer{0+1}.{1}.downsample.0"),
    ("stages.#.#.downsample.bn", "layer{0+1}.{1}.downsample.1"),
    ("stages.#.#.modifiers.#.fc1", "layer{0+1}.{1}.se.fc1"),
    ("stages.#.#.modifiers.#.fc2", "layer{0+1}.{1}.se.fc2"),
    ("stages.#.#.modifiers.#.conv", "layer{0+1}.{1}.se.conv"),
    // As in the code of Fixup's authors.
    ("stages.#.#.convs.#.conv", "layer{0+1}.{1}.conv{2+1}"),
    ("stages.#.#.convs.#.before", "layer{0+1}.{1}.bias{2+1}a"),
    ("stages.#.#.convs.#.after", "layer{0+1}.{1}.bias{2+1}b"),
    ("last_bias", "bias2"),
    ("stages.#", "layer{0+1}"),
    ("head.linear", "fc"),
];

pub(super) const PRE_ACTIVATION: Names = &[
    ("conv1.conv1", "stem.conv1"),
    ("conv1.bn1", "stem.norm1"),
    ("conv1.conv2", "stem.conv2"),
    ("conv1.bn2", "stem.norm2"),
    ("conv1.conv3", "stem.conv3"),
    ("conv1", "stem.conv"),
    ("bn1", "norm"),
    ("stages.#.#.bn1", "stages.{0}.blocks.{1}.norm1"),
    ("stages.#.#.bn2", "stages.{0}.blocks.{1}.norm2"),
    ("stages.#.#.bn3", "stages.{0}.blocks.{1}.norm3"),
    (
        "stages.#.#.downsample.projection",
        "stages.{0}.blocks.{1}.downsample",
    ),
    ("stages.#.#", "stages.{0}.blocks.{1}"),
    ("head.linear", "head.fc"),
];
