//! What was seen of a network.

use burn::backend::capture::TensorId;
use burn::tensor::{Gradients, Tensor};

/// What [`Seam::run`](super::Seam::run) saw.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub(super) seen: Vec<Seen>,
    pub(super) macs: Vec<(String, u64)>,
    pub(super) spans: Vec<Span>,
}

impl Record {
    /// What the watched parts gave, in the order in which it was computed.
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// What the part of this path gave first.
    pub fn find(&self, path: &str) -> Option<&Seen> {
        self.seen.iter().find(|seen| seen.path == path)
    }

    /// Multiply-adds of each convolution and linear layer by its path, in the order in which they
    /// were applied, if they were counted.
    pub fn macs_by_layer(&self) -> &[(String, u64)] {
        &self.macs
    }

    /// The parts that were traced, in the order in which they ended.
    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Multiply-adds of all convolutions and linear layers, if they were counted.
    pub fn macs(&self) -> u64 {
        self.macs.iter().map(|(_, macs)| macs).sum()
    }
}

/// A part that was traced, and the operations that it consists of: those whose results came between
/// these two.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub path: String,
    pub first: TensorId,
    pub last: TensorId,
}

/// What a watched part gave.
#[derive(Clone, Debug)]
pub struct Seen {
    pub(super) path: String,
    pub(super) shape: Vec<usize>,
    pub(super) values: Tensor<1>,
    /// Zeros that were added: their gradient is that of the values.
    pub(super) zeros: Option<Tensor<1>>,
}

impl Seen {
    /// The part's path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The shape of what it gave.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values that it gave, in a row, without autodiff.
    pub fn values(&self) -> Tensor<1> {
        self.values.clone()
    }

    /// The derivative of what was differentiated by these values, in a row; none without
    /// autodiff, or where they do not reach it.
    pub fn gradient(&self, gradients: &Gradients) -> Option<Tensor<1>> {
        self.zeros.as_ref()?.grad(gradients)
    }

    /// The values' standard deviation.
    pub fn deviation(&self) -> f64 {
        let mean = self.values.clone().mean();
        let centred = self.values.clone() - mean;
        let variance = centred.powi_scalar(2).mean().into_scalar::<f32>();
        f64::from(variance).sqrt()
    }
}
