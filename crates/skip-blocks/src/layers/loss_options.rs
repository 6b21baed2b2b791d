//! How pixels count in a loss.

/// How pixels count in a [`cross_entropy`](super::cross_entropy()). By default all alike, and nothing is spread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrossEntropy {
    /// How much each class counts; none: all alike.
    pub class_weights: Option<Vec<f32>>,
    /// The part of the truth that is spread over all classes, 0 to 1: "Rethinking the Inception
    /// Architecture for Computer Vision" (Szegedy et al. 2016, <https://arxiv.org/abs/1512.00567>),
    /// section 7.
    pub smoothing: f64,
}

/// The target of a pixel that does not count.
pub const IGNORED: i64 = -1;
