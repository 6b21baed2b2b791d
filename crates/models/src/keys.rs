//! Public names of parameters and parts: what they are called in PyTorch, where there is a twin.
//!
//! A parameter's path in the module tree follows from our structures. Its name is an interface:
//! weights are stored by it, and parts are watched by it. A family's [`Names`] say how one follows
//! from the other.

use burn::module::{Module, ParamId};
use skip_blocks::{Parameter, parameters};

/// Renames of a family, each of a path and of all that stands below it. The first that fits holds.
///
/// In a pattern `#` is an index. In a name `{0}` is the first of them, and `{0+1}` and `{0+2}` are
/// one and two more: `("stages.#.#", "layer{0+1}.{1}")`.
pub type Names = &'static [(&'static str, &'static str)];

/// The name of a path by renames, as [`Names`] has them.
pub fn renamed<S: AsRef<str>>(names: &[(S, S)], path: &str) -> String {
    let fit = |(pattern, name): &(S, S)| apply(pattern.as_ref(), name.as_ref(), path);
    names
        .iter()
        .find_map(fit)
        .unwrap_or_else(|| path.to_string())
}

fn apply(pattern: &str, name: &str, path: &str) -> Option<String> {
    let mut rest = path.split('.');
    let mut indices = vec![];
    for expected in pattern.split('.') {
        let segment = rest.next()?;
        match expected {
            "#" => indices.push(segment.parse::<usize>().ok()?),
            _ if segment == expected => {}
            _ => return None,
        }
    }
    let mut renamed = name.to_string();
    for (place, index) in indices.into_iter().enumerate() {
        renamed = renamed.replace(&format!("{{{place}}}"), &index.to_string());
        for more in 1..=2 {
            renamed = renamed.replace(&format!("{{{place}+{more}}}"), &(index + more).to_string());
        }
    }
    for segment in rest {
        if !renamed.is_empty() {
            renamed.push('.');
        }
        renamed += segment;
    }
    Some(renamed)
}

/// A parameter, or a running statistic, as others know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What Burn knows it by.
    pub id: ParamId,
    /// Its name, such as `layer1.0.conv1.weight`.
    pub name: String,
    /// Its shape, as it is kept here: a linear layer's has its inputs first, PyTorch's its outputs.
    pub shape: Vec<usize>,
}

/// The keys of a module, in the order in which they stand, named by `public`.
pub(crate) fn keys_of(module: &impl Module, public: impl Fn(&str) -> String) -> Vec<Key> {
    let named = |parameter: Parameter| {
        // Burn's name of a normalisation's parameters, and everybody else's.
        let path = match parameter.path.rsplit_once('.') {
            Some((part, "gamma")) => format!("{part}.weight"),
            Some((part, "beta")) => format!("{part}.bias"),
            _ => parameter.path,
        };
        Key {
            id: parameter.id,
            name: public(&path),
            shape: parameter.shape,
        }
    };
    parameters(module).into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = &[
        ("stages.#.#.downsample.conv", "layer{0+1}.{1}.downsample.0"),
        ("stages.#", "layer{0+1}"),
        ("encoder", ""),
    ];

    #[test]
    fn the_first_rename_that_fits_holds() {
        assert_eq!(renamed(NAMES, "stages.1.2.conv1"), "layer2.2.conv1");
        assert_eq!(
            renamed(NAMES, "stages.0.3.downsample.conv.weight"),
            "layer1.3.downsample.0.weight"
        );
        assert_eq!(renamed(NAMES, "stages"), "stages");
        assert_eq!(renamed(NAMES, "encoder.conv1"), "conv1");
        assert_eq!(renamed(NAMES, "encoders.0"), "encoders.0");
    }
}
