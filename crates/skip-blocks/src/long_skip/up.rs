use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::check::{self, ConfigError, ensure};
use crate::layers::{
    Act, Conv2d, ConvTranspose2d, ConvTranspose2dConfig, Resize, conv, conv_transpose, conv1x1,
    resize,
};
use crate::seam::Mark;

/// How a decoder stage doubles the size of what comes from below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Upsampling {
    /// A transposed 2x2 convolution of stride 2, as in the original U-Net.
    Transposed,
    /// Each pixel repeated, then a 1x1 convolution.
    Nearest,
    /// Bilinear interpolation, then a 1x1 convolution.
    Bilinear,
    /// The nearest pixel, the channels kept, in whatever size is asked for, as in
    /// segmentation_models.pytorch (Iakubovskii 2019).
    Repeat,
}

/// Doubles a feature map's size and brings its channels to the skip's.
#[derive(Module, Debug)]
pub enum Up {
    /// See [`Upsampling::Transposed`].
    Transposed(ConvTranspose2d),
    /// See [`Upsampling::Nearest`].
    Nearest(Conv2d),
    /// See [`Upsampling::Bilinear`].
    Bilinear(Conv2d),
    /// See [`Upsampling::Repeat`].
    Repeat(Mark),
}

impl Upsampling {
    /// All that there are.
    pub const ALL: [Self; 4] = [
        Self::Transposed,
        Self::Nearest,
        Self::Bilinear,
        Self::Repeat,
    ];

    /// Whether it gives other channels than it gets.
    pub fn mixes(self) -> bool {
        self != Self::Repeat
    }

    /// Whether it can be made.
    ///
    /// # Errors
    /// If a number of channels is zero, or it keeps the channels and they differ.
    pub fn check(self, in_channels: usize, out_channels: usize) -> Result<(), ConfigError> {
        check::positive("in_channels", in_channels)?;
        check::positive("up_channels", out_channels)?;
        ensure!(
            self.mixes() || in_channels == out_channels,
            "up_channels = {out_channels}: must be in_channels = {in_channels}, since {self:?} \
             keeps the channels"
        );
        Ok(())
    }

    /// Makes it.
    ///
    /// # Panics
    /// Panics where [`Upsampling::check`] gives an error.
    pub fn init(self, in_channels: usize, out_channels: usize, device: &Device) -> Up {
        check::or_panic(self.check(in_channels, out_channels));
        let mix = || {
            conv1x1(in_channels, out_channels)
                .with_bias(true)
                .init(device)
        };
        match self {
            Self::Transposed => Up::Transposed(
                ConvTranspose2dConfig::new([in_channels, out_channels], [2, 2])
                    .with_stride([2, 2])
                    .init(device),
            ),
            Self::Nearest => Up::Nearest(mix()),
            Self::Bilinear => Up::Bilinear(mix()),
            Self::Repeat => Up::Repeat(Mark::new()),
        }
    }
}

impl Up {
    /// `[batch, in_channels, height, width]` to `[batch, out_channels, 2 * height, 2 * width]`;
    /// [`Up::Repeat`] to `size` (height, width) instead.
    pub fn forward(&self, x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let double = [2 * height, 2 * width];
        let mixed = |mix| conv(x.clone(), mix, Act::None);
        // A 1x1 convolution and an interpolation commute (the weights of an interpolation add up
        // to 1, so that the bias passes too): mixing channels first takes a quarter of the work.
        match self {
            Self::Transposed(layer) => conv_transpose(x, layer),
            Self::Nearest(mix) => resize(mixed(mix), double, Resize::Nearest),
            Self::Bilinear(mix) => resize(mixed(mix), double, Resize::Bilinear),
            Self::Repeat(_) => resize(x, size, Resize::Nearest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_channels_before_interpolating_is_the_same() {
        let device = Device::flex();
        let up = Upsampling::Bilinear.init(3, 2, &device);
        let Up::Bilinear(mix) = &up else {
            unreachable!("made bilinear")
        };
        let values = (0..60).map(|index| ((index * 37) % 23) as f32 / 23.0);
        let x = Tensor::<1>::from_floats(&values.collect::<Vec<_>>()[..], &device);
        let x = x.reshape([1, 3, 4, 5]);
        let after = conv(resize(x.clone(), [8, 10], Resize::Bilinear), mix, Act::None);
        let difference = (up.forward(x, [8, 10]) - after)
            .abs()
            .max()
            .into_scalar::<f32>();
        assert!(difference < 1e-5, "{difference}");
    }

    #[test]
    #[should_panic(expected = "up_channels = 0: must be at least 1")]
    fn no_channels_are_refused() {
        Upsampling::Transposed.init(4, 0, &Device::flex());
    }
}
