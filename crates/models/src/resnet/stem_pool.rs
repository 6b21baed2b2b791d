use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use skip_blocks::AntiAliasing;
use skip_blocks::layers::{
    Act, Conv2d, Norm, NormKind, avg_pool, blur_pool, conv_norm, conv3x3, max_pool, max_pool_zeros,
};

/// What halves the stem's map before the first stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StemPool {
    /// The maximum of 3x3 windows.
    Max,
    /// The maximum of 3x3 windows, zeros around the map: BiT's (Kolesnikov et al. 2019,
    /// <https://arxiv.org/abs/1912.11370>).
    MaxZeros,
    /// A 3x3 convolution with normalisation and activation: ResNet-RS's (Bello et al. 2021,
    /// <https://arxiv.org/abs/2103.07579>).
    Conv,
}

/// `act(bn(conv(x)))`, the convolution of stride 2, in place of a pooling.
#[derive(Module, Debug)]
pub struct PoolingConv {
    /// The convolution.
    pub conv: Conv2d,
    /// Its normalisation.
    pub bn: Norm,
}

impl StemPool {
    /// What it learns.
    pub(super) fn init(
        self,
        channels: usize,
        norm: NormKind,
        device: &Device,
    ) -> Option<PoolingConv> {
        (self == Self::Conv).then(|| PoolingConv {
            conv: conv3x3(channels, channels)
                .with_stride([2, 2])
                .with_bias(norm.wants_bias())
                .init(device),
            bn: norm.init(channels, device),
        })
    }

    /// Half the size of `x`.
    pub(super) fn forward(
        self,
        x: Tensor<4>,
        learned: &Option<PoolingConv>,
        anti_aliasing: AntiAliasing,
        act: Act,
    ) -> Tensor<4> {
        if let Some(PoolingConv { conv, bn }) = learned {
            return conv_norm(x, conv, bn, act);
        }
        match (self, anti_aliasing) {
            (Self::MaxZeros, _) => max_pool_zeros(x, 3, 2, 1),
            (_, AntiAliasing::Blur) => blur_pool(max_pool(x, 3, 1, 1), 2),
            // As in timm, of whole windows only.
            (_, AntiAliasing::Average) => avg_pool(x, 2),
            _ => max_pool(x, 3, 2, 1),
        }
    }
}
