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

/// A convolution and its normalisation are also what their block runs one after the other, and the
/// encoder is also a part of the decoder.
pub(super) fn again(name: &str) -> Vec<String> {
    let layers = [(".conv.", ".all_modules.0."), (".norm.", ".all_modules.1.")];
    let found = layers.iter().find(|(layer, _)| name.contains(layer));
    let in_order = found.map(|(layer, place)| name.replace(layer, place));
    let mut also: Vec<_> = in_order.into_iter().collect();
    if name.starts_with("encoder.") {
        let all = std::iter::once(name).chain(also.iter().map(String::as_str));
        let in_decoder: Vec<_> = all.map(|name| format!("decoder.{name}")).collect();
        also.extend(in_decoder);
    }
    also
}

#[cfg(test)]
mod tests {
    use super::again;

    #[test]
    fn a_parameter_has_a_name_in_every_place() {
        let also = again("encoder.stages.0.0.convs.1.norm.bias");
        let expected = [
            "encoder.stages.0.0.convs.1.all_modules.1.bias",
            "decoder.encoder.stages.0.0.convs.1.norm.bias",
            "decoder.encoder.stages.0.0.convs.1.all_modules.1.bias",
        ];
        assert_eq!(also, expected);
        let also = again("decoder.stages.2.convs.0.conv.weight");
        assert_eq!(also, ["decoder.stages.2.convs.0.all_modules.0.weight"]);
        assert!(again("decoder.seg_layers.4.weight").is_empty());
    }
}
