//! What is at the end of a run of layers.

use burn::tensor::Tensor;

use super::act::Act;

/// What is done to the result of a convolution or a normalisation: `act(x + add)`, both optional.
///
/// An [`Act`] alone is an end too: `conv_norm(x, &conv, &norm, Act::Relu)`.
#[derive(Clone, Debug, Default)]
pub struct End {
    /// A map of the result's shape that is added: the short path of a residual block.
    pub add: Option<Tensor<4>>,
    /// What is applied last.
    pub act: Act,
}

impl End {
    /// Adds `map`, if there is one, and applies `act`.
    pub fn add(map: Option<Tensor<4>>, act: Act) -> Self {
        Self { add: map, act }
    }

    /// With the activation that was left.
    pub(super) fn then(self, rest: Act) -> Self {
        match rest {
            Act::None => self,
            _ => Self::add(self.add, rest),
        }
    }

    /// What is left where this activation, if any, has been applied.
    pub(super) fn without(self, done: Act) -> Self {
        match done {
            Act::None => self,
            _ => Self::default(),
        }
    }

    /// What a kernel can do along with another operation, and the activation that is left.
    pub(super) fn along(self) -> (Self, Act) {
        match self.act.goes_along() {
            true => (self, Act::None),
            false => (Self::add(self.add, Act::None), self.act),
        }
    }
}

impl From<Act> for End {
    fn from(act: Act) -> Self {
        Self { add: None, act }
    }
}
