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
    /// What gives the activation of normal noise the variance 1 again: one over its deviation.
    ///
    /// The numbers are those of the authors of "Characterizing signal propagation to close the
    /// performance gap in unnormalized ResNets" (Brock et al. 2021,
    /// <https://arxiv.org/abs/2101.08692>), who found them by drawing; that of leaky ReLU is exact.
    pub fn gain(self) -> f64 {
        match self {
            Self::None => 1.0,
            Self::Relu => 1.713_958_859_443_664_6,
            Self::LeakyRelu(slope) => {
                let mean = (1.0 - slope) / (2.0 * std::f64::consts::PI).sqrt();
                let square = (1.0 + slope * slope) / 2.0;
                (square - mean * mean).powf(-0.5)
            }
            Self::Gelu => 1.701_504_349_708_557_1,
            Self::Silu => 1.788_129_329_681_396_5,
            Self::Sigmoid => 4.803_835_391_998_291,
        }
    }

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
