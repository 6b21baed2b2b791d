//! Patterns of paths.

/// A path in which `*` stands for anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(String);

impl Pattern {
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_string())
    }

    /// Whether this is what the path is called.
    pub fn names(&self, path: &str) -> bool {
        fits(&self.0, path)
    }

    /// Whether this names the path, or something that it stands in.
    pub fn covers(&self, path: &str) -> bool {
        covers(&self.0, path)
    }
}

/// Whether a path, or something that it stands in, fits a pattern.
pub fn covers(pattern: &str, path: &str) -> bool {
    let ends = path.match_indices('.').map(|(end, _)| end);
    ends.chain([path.len()])
        .any(|end| fits(pattern, &path[..end]))
}

/// Whether a text fits a pattern, in which `*` stands for anything.
pub fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, path) = (pattern.as_bytes(), text.as_bytes());
    // Goes back to the last `*` where the rest does not fit.
    let (mut at, mut from) = (0, 0);
    let mut star = None;
    while from < path.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, from));
            at += 1;
        } else if pattern.get(at) == Some(&path[from]) {
            at += 1;
            from += 1;
        } else if let Some((star_at, star_from)) = star {
            star = Some((star_at, star_from + 1));
            at = star_at + 1;
            from = star_from + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        let names = |pattern: &str, path| Pattern::new(pattern).names(path);
        assert!(names("layer1.*", "layer1.0.conv1"));
        assert!(names("*.conv1", "layer1.0.conv1"));
        assert!(names("layer*.0*", "layer1.0.conv1"));
        assert!(names("*", ""));
        assert!(!names("layer1", "layer1.0"));
        assert!(!names("*.conv1", "layer1.0.conv10"));
    }

    #[test]
    fn a_container_covers_what_stands_in_it() {
        let covers = |pattern: &str, path| Pattern::new(pattern).covers(path);
        assert!(covers("layer1", "layer1.0.conv1"));
        assert!(covers("layer1.0", "layer1.0"));
        assert!(covers("*", "layer1.0"));
        assert!(!covers("layer1", "layer10.0"));
    }
}
