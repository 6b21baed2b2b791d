//! MONAI's names. Its `UNet` and `AttentionUnet` are nested: what is below a layer is its `submodule`.

use crate::Level;
use crate::keys::{Names, renamed};

const UNIT: Names = &[
    ("units.#.act", "conv.unit{0}.adn.A"),
    ("units.#.norm", "conv.unit{0}.adn.N"),
    ("units.#", "conv.unit{0}"),
    ("residual.conv", "residual"),
];

const UP: Names = &[
    ("up", "2.0.conv"),
    ("norm", "2.0.adn.N"),
    ("act", "2.0.adn.A"),
    // The head's, of the answer itself.
    ("conv", "2.1.conv.unit0.conv"),
];

/// Of `UNet`.
pub(super) fn residual(levels: &[Level], path: &str) -> Option<String> {
    let stages = levels.len() - 1;
    let layer = |depth| format!("model{}", ".1.submodule".repeat(depth));
    let (depth, inner) = match indexed(path, "encoder.stages") {
        Some((stage, rest)) => (stage, below("0", &renamed(UNIT, rest))),
        None => match indexed(path, "decoder.stages") {
            Some((stage, rest)) => {
                let inner = match rest.strip_prefix("unit.") {
                    Some(rest) => format!("2.1.{}", renamed(UNIT, rest)),
                    None => renamed(UP, rest),
                };
                (stages.checked_sub(stage + 1)?, inner)
            }
            None => match path.strip_prefix("encoder.bottom") {
                Some(rest) => (stages, renamed(UNIT, rest.trim_start_matches('.'))),
                None => (0, renamed(UP, path.strip_prefix("head.")?)),
            },
        },
    };
    Some(below(&layer(depth), &inner))
}

const CONV: Names = &[("#.norm", "conv.{0}.adn.N"), ("#", "conv.{0}")];

const ATTENTION: Names = &[
    ("up", "upconv.up.conv"),
    ("up_norm", "upconv.up.adn.N"),
    ("join.skip", "attention.W_x.0.conv"),
    ("join.skip_bn", "attention.W_x.1"),
    ("join.below", "attention.W_g.0.conv"),
    ("join.below_bn", "attention.W_g.1"),
    ("join.psi", "attention.psi.0.conv"),
    ("join.psi_bn", "attention.psi.1"),
    ("join", "attention"),
    ("merge.act", "merge.adn.A"),
    ("merge.norm", "merge.adn.N"),
];

/// Of `AttentionUnet`.
pub(super) fn attention(levels: &[Level], path: &str) -> Option<String> {
    let last = levels.len() - 1;
    let layer = |depth| format!("model.1{}", ".submodule.1".repeat(depth));
    if let Some((stage, rest)) = indexed(path, "encoder.stages") {
        let place = match stage {
            0 => "model.0".to_string(),
            _ if stage == last => format!("{}.submodule", layer(stage - 1)),
            _ => format!("{}.submodule.0", layer(stage - 1)),
        };
        return Some(below(&place, &renamed(CONV, rest)));
    }
    if let Some((stage, rest)) = indexed(path, "decoder.stages") {
        let place = layer(last.checked_sub(stage + 1)?);
        return Some(below(&place, &renamed(ATTENTION, rest)));
    }
    let head = path.strip_prefix("head.conv")?;
    Some(format!("model.2.conv{head}"))
}

const TWO_CONVS: Names = &[
    ("conv.conv1", "convs.conv_0.conv"),
    ("conv.bn1", "convs.conv_0.adn.N"),
    ("conv.conv2", "convs.conv_1.conv"),
    ("conv.bn2", "convs.conv_1.adn.N"),
    ("conv", "convs"),
    ("up", "upsample.deconv"),
];

/// Of `BasicUNet`.
pub(super) fn basic(levels: &[Level], path: &str) -> Option<String> {
    let last = levels.len() - 1;
    let down = |stage: usize, rest: &str| {
        let inner = renamed(TWO_CONVS, rest);
        match stage {
            // The first has no pooling beside its convolutions.
            0 => below(
                "conv_0",
                inner.trim_start_matches("convs").trim_start_matches('.'),
            ),
            _ => below(&format!("down_{stage}"), &inner),
        }
    };
    if let Some((stage, rest)) = indexed(path, "encoder.stages") {
        return Some(down(stage, rest));
    }
    if let Some(rest) = path.strip_prefix("encoder.bottom") {
        return Some(down(last, &format!("conv{rest}")));
    }
    if let Some((stage, rest)) = indexed(path, "decoder.stages") {
        let place = format!("upcat_{}", last.checked_sub(stage)?);
        return Some(below(&place, &renamed(TWO_CONVS, rest)));
    }
    let head = path.strip_prefix("head.conv")?;
    Some(format!("final_conv{head}"))
}

/// The index of an entry of a list, and what stands below the entry.
fn indexed<'a>(path: &'a str, list: &str) -> Option<(usize, &'a str)> {
    let path = path.strip_prefix(list)?.strip_prefix('.')?;
    let (index, rest) = path.split_once('.').unwrap_or((path, ""));
    Some((index.parse().ok()?, rest))
}

fn below(place: &str, inner: &str) -> String {
    match inner {
        "" => place.to_string(),
        _ => format!("{place}.{inner}"),
    }
}
