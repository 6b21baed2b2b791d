//! Patterns of names and paths.

/// Whether a name or a path is like a pattern, in which `*` stands for any run of characters.
pub(crate) fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, rest)) => path.strip_prefix(start).is_some_and(|path| {
            let ends = path.char_indices().map(|(index, _)| index);
            ends.chain([path.len()])
                .any(|index| fits(rest, &path[index..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for (pattern, path, expected) in [
            ("*", "layer1.0.conv1.weight", true),
            ("layer1.*", "layer1.0.conv1.weight", true),
            ("*.bias", "layer1.0.conv1.weight", false),
            ("layer*.conv1.*", "layer1.0.conv1.weight", true),
            ("layer1", "layer1.0.conv1.weight", false),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern}");
        }
    }
}
