//! dynamic_network_architectures' names.

use crate::Level;
use crate::keys::Names;
use crate::way_up::way_up;

pub(super) const PLAIN: Names = &[("stages.#.#", "stages.{0}.0.convs.{1}")];

pub(super) const RESIDUAL: Names = &[
    ("stem", "stem.convs.0"),
    ("stages.#.#.conv1", "stages.{0}.blocks.{1}.conv1.conv"),
    ("stages.#.#.bn1", "stages.{0}.blocks.{1}.conv1.norm"),
    ("stages.#.#.conv2", "stages.{0}.blocks.{1}.conv2.conv"),
    ("stages.#.#.bn2", "stages.{0}.blocks.{1}.conv2.norm"),
    // The pooling is the first.
    (
        "stages.#.#.downsample.projection.conv",
        "stages.{0}.blocks.{1}.skip.1.conv",
    ),
    (
        "stages.#.#.downsample.projection.bn",
        "stages.{0}.blocks.{1}.skip.1.norm",
    ),
    ("stages.#.#.downsample", "stages.{0}.blocks.{1}.skip"),
    ("stages.#.#", "stages.{0}.blocks.{1}"),
];

pub(super) const DECODER: Names = &[("stages.#.up", "transpconvs.{0}")];

/// Heads are the decoder's, the smallest map's first; the model's begin with the largest map's.
pub(super) fn head(levels: &[Level], path: &str) -> Option<String> {
    let (from_largest, rest) = match path.strip_prefix("auxiliary.") {
        Some(path) => {
            let (index, rest) = path.split_once('.')?;
            (index.parse::<usize>().ok()? + 1, rest)
        }
        None => (0, path.strip_prefix("head.")?),
    };
    let layer = rest.strip_prefix("conv")?;
    let place = way_up(levels).len().checked_sub(1 + from_largest)?;
    Some(format!("decoder.seg_layers.{place}{layer}"))
}
