//! Strides without aliasing.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::check::{ConfigError, ensure};
use crate::layers::{avg_pool_ceil, blur_pool};

/// What takes a stride over from a convolution, so that details finer than the coarser grid are not
/// folded into it: `pool(act(bn(conv(x))))` with the stride on the pool.
///
/// From "Making Convolutional Networks Shift-Invariant Again" (Zhang 2019,
/// <https://arxiv.org/abs/1904.11486>), section 3.2.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{AntiAliasing, BottleneckConfig};
///
/// let device = Device::flex();
/// let block = BottleneckConfig::new(8, 8)
///     .with_stride(2)
///     .with_anti_aliasing(AntiAliasing::Blur)
///     .init(&device);
/// assert_eq!(block.forward(Tensor::ones([1, 8, 7, 6], &device)).dims(), [1, 32, 4, 3]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AntiAliasing {
    /// Nothing: the convolution strides.
    #[default]
    None,
    /// [`blur_pool`], also in a dilated block without stride.
    Blur,
    /// The mean of each 2x2 window, [`avg_pool_ceil`], for strides of 2.
    Average,
}

impl AntiAliasing {
    /// Whether there is such a pool of this stride.
    pub(crate) fn check(self, stride: usize) -> Result<(), ConfigError> {
        ensure!(
            self != Self::Average || stride <= 2,
            "stride = {stride}: must be at most 2 for anti-aliasing by means"
        );
        Ok(())
    }

    /// The stride that is left for the convolution.
    pub(crate) fn conv_stride(self, stride: usize) -> usize {
        match self {
            Self::None => stride,
            Self::Blur | Self::Average => 1,
        }
    }

    /// Takes the stride that the convolution did not.
    pub(crate) fn pool(self, x: Tensor<4>, stride: usize) -> Tensor<4> {
        match self {
            Self::Blur => blur_pool(x, stride),
            Self::Average if stride == 2 => avg_pool_ceil(x),
            Self::None | Self::Average => x,
        }
    }
}
