//! What the engines of the forward pass and of the gradient with respect to the
//! input compute.

use crate::axis::Axis;
use crate::view::{Source, Target};

/// Tasks into which a correlation is cut where it is large enough.
pub(crate) const TASKS: usize = 16;

/// Where output pixel `(n, oh, ow)` lies in a buffer: an affine map, since a
/// phase of a strided gradient writes every `s`-th row and column.
#[derive(Clone, Copy)]
pub(crate) struct Placement {
    pub first: usize,
    pub image: usize,
    pub row: usize,
    pub pixel: usize,
}

/// One correlation over a batch of channels-last images.
pub(crate) struct Correlation<'a> {
    pub batch: usize,
    pub axes: [Axis; 2],
    pub groups: usize,
    /// Whether every output channel reads the input channel of its own index
    /// only; there is one group then.
    pub depthwise: bool,
    /// Input channels of a group.
    pub inputs: usize,
    /// Output channels of a group.
    pub outputs: usize,
    pub filter: &'a [f32],
    pub input: Source,
    pub output: Target,
    pub placement: Placement,
    pub scale: Option<&'a [f32]>,
    pub bias: Option<&'a [f32]>,
    pub residual: Option<(Source, Placement)>,
    pub relu: bool,
}
