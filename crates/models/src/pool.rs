//! How a feature map becomes a value for each of its channels.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};
use skip_blocks::layers::{global_avg_pool, global_max_pool};

/// How a feature map becomes a value for each of its channels, `global_pool` of timm, by whose
/// names it is written.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::Pool;
///
/// let map = Tensor::<4>::from_data([[[[1.0, 2.0, 6.0]]]], &Device::flex());
/// let pooled = |pool: Pool| pool.apply(map.clone()).into_data();
/// assert_eq!(pooled(Pool::Average), [[[[3.0f32]]]].into());
/// assert_eq!(pooled(Pool::AverageMaximum), [[[[4.5f32]]]].into());
/// assert_eq!(pooled(Pool::Both), [[[[3.0f32]], [[6.0]]]].into());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Pool {
    /// `mean(x)`
    #[default]
    #[serde(rename = "avg")]
    Average,
    /// `max(x)`
    #[serde(rename = "max")]
    Maximum,
    /// `(mean(x) + max(x)) / 2`
    #[serde(rename = "avgmax")]
    AverageMaximum,
    /// `[mean(x), max(x)]`: twice as many channels.
    #[serde(rename = "catavgmax")]
    Both,
    /// `x`: the map as it is. There is no classifier of it.
    #[serde(rename = "none", alias = "")]
    None,
}

impl Pool {
    /// Pools over all pixels.
    ///
    /// # Shapes
    /// `[batch, channels, height, width]` to `[batch, out_channels, 1, 1]`; with [`Pool::None`] to
    /// the same
    pub fn apply(self, x: Tensor<4>) -> Tensor<4> {
        let as_map = |pooled: Tensor<2>| pooled.unsqueeze_dims::<4>(&[2, 3]);
        match self {
            Self::Average => as_map(global_avg_pool(x)),
            Self::Maximum => as_map(global_max_pool(x)),
            Self::AverageMaximum => as_map((global_avg_pool(x.clone()) + global_max_pool(x)) / 2.0),
            Self::Both => {
                let both = vec![global_avg_pool(x.clone()), global_max_pool(x)];
                as_map(Tensor::cat(both, 1))
            }
            Self::None => x,
        }
    }

    /// Channels that come out, for those that come in.
    pub fn out_channels(self, channels: usize) -> usize {
        match self {
            Self::Both => 2 * channels,
            Self::Average | Self::Maximum | Self::AverageMaximum | Self::None => channels,
        }
    }
}
