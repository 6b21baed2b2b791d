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
mod what_and_where;

use crate::Entry;

/// All experiments, in the order of the page.
pub const EXPERIMENTS: &[Entry] = &[
    Entry::of::<degradation::Degradation>(),
    Entry::of::<constructed::Constructed>(),
    Entry::of::<gradient_flow::GradientFlow>(),
    Entry::of::<shattered::Shattered>(),
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

/// The experiment of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    EXPERIMENTS.iter().find(|entry| entry.name == name)
}
