//! What stands before a model's names in a file: `module.`, `state_dict.`, `_orig_mod.`, and the like.

use std::collections::BTreeMap;

use crate::Weights;

/// The prefix with which most of the wanted names are there. Of averaged weights beside the last ones
/// those are taken that are asked for.
pub(crate) fn prefix_of(weights: &Weights, wanted: &[String], averaged: bool) -> String {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for name in weights.names() {
        // The shortest of our names that ends the file's: the longest prefix would be a part of
        // another's name.
        let before = wanted.iter().filter_map(|own| {
            let before = name.strip_suffix(own.as_str())?;
            (before.is_empty() || before.ends_with('.')).then_some(before)
        });
        for before in before {
            *found.entry(before).or_default() += 1;
        }
    }
    let is_averaged = |prefix: &str| prefix.to_lowercase().contains("ema");
    let best = found.into_iter().max_by_key(|(prefix, count)| {
        (
            *count,
            is_averaged(prefix) == averaged,
            std::cmp::Reverse(prefix.len()),
        )
    });
    best.map_or(String::new(), |(prefix, _)| prefix.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Array;

    fn weights(names: &[&str]) -> Weights {
        let array = Array {
            shape: vec![],
            values: vec![0.0],
        };
        Weights::new(
            "a file",
            names.iter().map(|name| (name.to_string(), array.clone())),
        )
    }

    #[test]
    fn what_wraps_a_model_is_found() {
        let wanted = ["conv1.weight", "fc.weight", "layer1.conv1.weight"].map(str::to_string);
        for prefix in [
            "",
            "module.",
            "state_dict.",
            "model_state_dict._orig_mod.module.",
        ] {
            let names = wanted.each_ref().map(|name| format!("{prefix}{name}"));
            let mut names: Vec<_> = names.iter().map(String::as_str).collect();
            names.push("optimizer.state.0.exp_avg");
            assert_eq!(prefix_of(&weights(&names), &wanted, false), prefix);
        }
    }

    #[test]
    fn averaged_weights_are_taken_where_they_are_asked_for() {
        let wanted = ["fc.weight".to_string()];
        let both = weights(&["state_dict.fc.weight", "state_dict_ema.fc.weight"]);
        assert_eq!(prefix_of(&both, &wanted, false), "state_dict.");
        assert_eq!(prefix_of(&both, &wanted, true), "state_dict_ema.");
    }
}
