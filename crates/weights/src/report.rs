//! What became of weights, for a program and in words.

use std::fmt;

/// What PyTorch counts in a normalisation, and nobody needs.
pub(crate) const COUNTER: &str = "num_batches_tracked";

/// How many names are listed at a time.
const LISTED: usize = 20;

/// What became of weights.
///
/// As text it is a paragraph of what was not just applied by its name: what stands before the names,
/// what is missing, unused, of another shape or left as it was, what was made for other channels or
/// classes, and what is not needed. Of many names the first are listed. It is empty where there is
/// nothing of that.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// What stands before the model's names in the file.
    pub prefix: String,
    /// How many parameters and running statistics got their values.
    pub applied: usize,
    /// Names of the model that the file does not have.
    pub missing: Vec<String>,
    /// Names of the file, with that prefix, that the model does not have.
    pub unused: Vec<String>,
    /// Names with the model's shape and the file's.
    pub of_another_shape: Vec<(String, Vec<usize>, Vec<usize>)>,
    /// Counters of batches, which are not needed.
    pub counters: usize,
    /// How many names have another prefix: an optimizer's, or other weights.
    pub elsewhere: usize,
    /// Names of the head, or of all but the encoder, that were left as they are.
    pub left: Vec<String>,
    /// The first convolution, where it was made for another number of channels.
    pub adapted: Option<String>,
    /// Whether a head of one output, yes or no, was made one of two classes.
    pub doubled: bool,
}

impl Report {
    /// Whether every name of either side has its partner.
    pub fn fits(&self) -> bool {
        self.missing.is_empty() && self.unused.is_empty() && self.of_another_shape.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (what, names) in [("missing", &self.missing), ("unused", &self.unused)] {
            if !names.is_empty() {
                parts.push(format!("{} {what}: {}", names.len(), listed(names)));
            }
        }
        if !self.of_another_shape.is_empty() {
            let shapes = self.of_another_shape.iter();
            let shapes = shapes.map(|(name, ours, theirs)| {
                format!("'{name}' is {ours:?} here and {theirs:?} there")
            });
            parts.push(listed(&shapes.collect::<Vec<_>>()));
        }
        if !self.prefix.is_empty() {
            parts.push(format!("names begin with '{}'", self.prefix));
        }
        if let Some(name) = &self.adapted {
            parts.push(format!("'{name}' made for other channels"));
        }
        if self.doubled {
            parts.push("the head's one output made two classes".to_string());
        }
        if !self.left.is_empty() {
            let names = listed(&self.left);
            parts.push(format!("{} left as they were: {names}", self.left.len()));
        }
        if self.counters > 0 {
            parts.push(format!("{} of {COUNTER} not needed", self.counters));
        }
        if self.elsewhere > 0 {
            parts.push(format!("{} of something else", self.elsewhere));
        }
        write!(formatter, "{}", parts.join("; "))
    }
}

/// Names one after the other; of many the first, and how many more there are.
fn listed(names: &[String]) -> String {
    let first = names[..names.len().min(LISTED)].join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_just_applied_is_not_spoken_of() {
        let report = Report {
            applied: 62,
            ..Report::default()
        };
        assert_eq!(report.to_string(), "");
    }

    #[test]
    fn all_that_was_done_is_said() {
        let report = Report {
            prefix: "module.".to_string(),
            applied: 60,
            left: vec!["fc.weight".to_string(), "fc.bias".to_string()],
            adapted: Some("conv1.weight".to_string()),
            doubled: true,
            counters: 20,
            elsewhere: 3,
            ..Report::default()
        };
        assert_eq!(
            report.to_string(),
            "names begin with 'module.'; 'conv1.weight' made for other channels; the head's one \
             output made two classes; 2 left as they were: fc.weight, fc.bias; 20 of \
             num_batches_tracked not needed; 3 of something else"
        );
    }

    #[test]
    fn names_are_listed_up_to_a_number() {
        let names = |count: usize| -> Vec<String> { (0..count).map(|at| at.to_string()).collect() };
        let shape = |name: &String| (name.clone(), vec![3, 64], vec![10, 64]);
        let report = Report {
            missing: names(20),
            unused: names(22),
            of_another_shape: names(23).iter().map(shape).collect(),
            ..Report::default()
        };
        let text = report.to_string();
        let parts: Vec<_> = text.split("; ").collect();
        assert!(parts[0].starts_with("20 missing: 0, 1, 2, "), "{text}");
        assert!(parts[0].ends_with(", 18, 19"), "{text}");
        assert!(parts[1].ends_with(", 18, 19 and 2 more"), "{text}");
        let last = "'19' is [3, 64] here and [10, 64] there and 3 more";
        assert!(parts[2].ends_with(last), "{text}");
    }
}
