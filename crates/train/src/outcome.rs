//! What comes of a batch.

use burn::tensor::Tensor;

use crate::data::Targets;

/// What a network says of a batch, and what is true. With valid convolutions, height and width are
/// those of the middle part that it speaks of.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// `[1]`
    pub loss: Tensor<1>,
    /// `[batch, channels, height, width]`: logits of classes, or values.
    pub answers: Tensor<4>,
    /// As large as the answers.
    pub targets: Targets,
}

impl Outcome {
    pub(crate) fn without_autodiff(self) -> Self {
        Self {
            loss: self.loss.without_autodiff(),
            answers: self.answers.without_autodiff(),
            targets: match self.targets {
                Targets::None => Targets::None,
                Targets::Classes(labels) => Targets::Classes(labels.without_autodiff()),
                Targets::Objects {
                    classes,
                    numbers,
                    bordered,
                } => Targets::Objects {
                    classes: classes.without_autodiff(),
                    numbers: numbers.without_autodiff(),
                    bordered,
                },
                Targets::Soft(map) => Targets::Soft(map.without_autodiff()),
                Targets::Values(map) => Targets::Values(map.without_autodiff()),
                Targets::Points(points) => Targets::Points(points.without_autodiff()),
            },
        }
    }
}
