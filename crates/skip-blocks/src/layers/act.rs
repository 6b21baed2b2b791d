//! Activations as values.

use serde::{Deserialize, Serialize};

/// An activation: what is applied to each value on its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Act {
    /// `x`
    #[default]
    None,
    /// `max(x, 0)`
    Relu,
    /// `x` where it is positive, else so many times `x`.
    LeakyRelu(f64),
    /// `x * Phi(x)`, `Phi` the normal distribution (Hendrycks and Gimpel 2016,
    /// <https://arxiv.org/abs/1606.08415>); exact, not its approximation by tanh.
    Gelu,
    /// `x * sigmoid(x)`, also called swish.
    Silu,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
}

impl Act {
    /// Whether a kernel does it along with another operation: what consists of straight pieces, so
    /// that the result tells the derivative. Others take a pass of their own.
    pub(crate) fn goes_along(self) -> bool {
        match self {
            Self::None | Self::Relu => true,
            Self::LeakyRelu(slope) => slope > 0.0,
            Self::Gelu | Self::Silu | Self::Sigmoid => false,
        }
    }
}
