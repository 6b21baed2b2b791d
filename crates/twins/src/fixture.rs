//! What `make.py` has written of a twin.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A twin's outputs in evaluation, summed up.
#[derive(Clone, Debug, Deserialize)]
pub struct Fixture {
    /// Its package and name.
    pub twin: String,
    /// Channels, height and width of the image.
    pub input: [usize; 3],
    /// What its parameters and running statistics are called.
    pub keys: Keys,
    /// How far the twin's own outputs in `f32` are from those in `f64`: the largest difference over
    /// the largest value.
    pub float32: f64,
    /// How far ours may be.
    pub tolerance: f64,
    /// Each output in `f64`, the answer first.
    pub outputs: Vec<Output>,
    /// Versions of the packages that computed them.
    pub versions: BTreeMap<String, String>,
}

/// The keys with their shapes, as a number that changes with any of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Keys {
    /// How many there are.
    pub count: usize,
    /// [`hash`](crate::fill::hash) of their sorted lines.
    pub hash: String,
}

/// An output: some of its values, and a few numbers in which every value counts.
#[derive(Clone, Debug, Deserialize)]
pub struct Output {
    /// Its dimensions, without the last of one.
    pub dims: Vec<usize>,
    /// The largest absolute value.
    pub largest: f64,
    /// Values at places that follow from their index.
    pub samples: Vec<f64>,
    /// Sums of all values, each with a sign that follows from its index.
    pub projections: Vec<f64>,
}
