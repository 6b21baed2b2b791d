//! The experiments, a file each.

mod beyond;
mod constructed;
mod degradation;
mod feature_reuse;
mod gradient_flow;
mod highway_depth;
mod landscape;
mod lesions;
mod narrow;
mod shattered;
mod short_and_long;
mod shortcuts;
mod spelled;
mod transfer;
mod variance;
mod what_and_where;

use anyhow::{Result, bail};

use crate::Entry;

/// All experiments, in the order of the page.
pub const EXPERIMENTS: &[Entry] = &[
    Entry::of::<degradation::Degradation>(),
    Entry::of::<constructed::Constructed>(),
    Entry::of::<gradient_flow::GradientFlow>(),
    Entry::of::<shattered::Shattered>(),
    Entry::of::<variance::Variance>(),
    Entry::of::<highway_depth::HighwayDepth>(),
    Entry::of::<feature_reuse::FeatureReuse>(),
    Entry::of::<shortcuts::Shortcuts>(),
    Entry::of::<lesions::Lesions>(),
    Entry::of::<short_and_long::ShortAndLong>(),
    Entry::of::<what_and_where::WhatAndWhere>(),
    Entry::of::<landscape::Landscape>(),
    Entry::of::<beyond::Beyond>(),
    Entry::of::<transfer::Transfer>(),
];

/// The experiment of this name, or of which this is the beginning of the name.
///
/// # Errors
/// If there is none, or more than one that begins so.
pub fn find(name: &str) -> Result<&'static Entry> {
    if let Some(entry) = EXPERIMENTS.iter().find(|entry| entry.name == name) {
        return Ok(entry);
    }
    let names = |entries: &[&Entry]| {
        let names: Vec<_> = entries.iter().map(|entry| entry.name).collect();
        names.join(", ")
    };
    let all: Vec<_> = EXPERIMENTS.iter().collect();
    let begin_so = all.iter().filter(|entry| entry.name.starts_with(name));
    match begin_so.copied().collect::<Vec<_>>()[..] {
        [entry] => Ok(entry),
        [] => bail!(
            "there is no experiment '{name}'; there are: {}",
            names(&all)
        ),
        ref several => bail!(
            "the names of several experiments begin with '{name}': {}",
            names(several)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_experiment_is_found_by_the_beginning_of_its_name_if_no_other_begins_so() {
        for (name, found) in [
            ("shortcuts", "shortcuts"),
            ("highway", "highway_depth"),
            ("shortc", "shortcuts"),
        ] {
            assert_eq!(find(name).expect(name).name, found);
        }
        let refused = |name| find(name).err().expect(name).to_string();
        assert_eq!(
            refused("short"),
            "the names of several experiments begin with 'short': shortcuts, short_and_long"
        );
        let unknown = refused("depth");
        assert!(unknown.starts_with("there is no experiment 'depth'; there are: degradation, "));
        assert!(unknown.contains("highway_depth"), "{unknown}");
    }
}
