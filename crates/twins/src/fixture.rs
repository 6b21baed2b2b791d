//! What `make.py` has written of a twin.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What is written of a twin for one of the proofs.
pub trait Fixture: DeserializeOwned {
    /// Where it is kept, from this crate's folder.
    const FOLDER: &str;

    /// Channels, height and width of an image.
    fn input(&self) -> [usize; 3];
}

/// A twin's outputs in evaluation, in `f64`, summed up.
#[derive(Clone, Debug, Deserialize)]
pub struct Outputs {
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
    /// Each output, the answer first.
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

impl Fixture for Outputs {
    const FOLDER: &str = "fixtures";

    fn input(&self) -> [usize; 3] {
        self.input
    }
}

/// Three steps of a twin's training in `f64`, summed up.
#[derive(Clone, Debug, Deserialize)]
pub struct Training {
    /// Its package and name.
    pub twin: String,
    /// Channels, height and width of an image.
    pub input: [usize; 3],
    /// What its parameters and running statistics are called.
    pub keys: Keys,
    /// What it learns from each of some batches of images, from the same values at first.
    pub batches: Vec<Batch>,
    /// Versions of the packages that computed them.
    pub versions: BTreeMap<String, String>,
}

/// What a twin learns from a batch of images.
#[derive(Clone, Debug, Deserialize)]
pub struct Batch {
    /// What the images are called.
    pub images: String,
    /// The learning rate.
    pub rate: f64,
    /// How many times as far as the furthest of the others each of the twin's own runs in `f32` is,
    /// at most.
    pub float32: f64,
    /// The loss before each step.
    pub losses: Values,
    /// The gradients before the first.
    pub gradients: Values,
    /// How far parameters have moved after the last.
    pub parameters: Values,
    /// How far running statistics have.
    pub statistics: Values,
}

/// Some values of a run in `f64`, layer by layer, in the order of their names. `layer1.0.bn1` is one
/// layer, with its weight and bias.
#[derive(Clone, Debug, Deserialize)]
pub struct Values {
    /// The sum of each layer's values, each with a sign that follows from its index.
    pub sums: Vec<f64>,
    /// How far the values of the twin's own runs in `f32` are from them, at most: the root of the
    /// sum of squares.
    pub distances: Vec<f64>,
}

impl Fixture for Training {
    const FOLDER: &str = "fixtures/training";

    fn input(&self) -> [usize; 3] {
        self.input
    }
}
