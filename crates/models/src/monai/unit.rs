//! What MONAI's networks are made of.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{
    Act, Conv2d, ConvTranspose2d, ConvTranspose2dConfig, Norm, NormKind, PRelu, add, conv_norm,
    conv1x1, conv3x3, split,
};
use skip_blocks::seam::Mark;
use skip_blocks::{Projection, Shortcut};

/// `prelu(norm(conv(x)))`, the convolution 3x3 with biases.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, out_channels, ceil(height / stride), ceil(width / stride)]`
#[derive(Module, Debug)]
pub struct ConvPRelu {
    /// The convolution.
    pub conv: Conv2d,
    /// Its normalisation.
    pub norm: Norm,
    /// The activation.
    pub act: PRelu,
}

impl ConvPRelu {
    /// One of these channels in and out.
    pub(super) fn new(
        [from, to]: [usize; 2],
        stride: usize,
        norm: NormKind,
        device: &Device,
    ) -> Self {
        Self {
            conv: conv3x3(from, to)
                .with_stride([stride; 2])
                .with_bias(true)
                .init(device),
            norm: norm.init(to, device),
            act: PRelu::new(device),
        }
    }

    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.act
            .forward(conv_norm(x, &self.conv, &self.norm, Act::None))
    }
}

/// A residual unit: `y = S(x) + F(x)`, `F` some [`ConvPRelu`], `S` the identity, or a convolution
/// where the shape changes: 1x1, or 3x3 where there is a stride. Nothing follows the addition.
///
/// "Left-Ventricle Quantification Using Residual U-Net" (Kerfoot et al. 2018,
/// <https://doi.org/10.1007/978-3-030-12029-0_40>), as MONAI has it.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, out_channels, ceil(height / stride), ceil(width / stride)]`
#[derive(Module, Debug)]
pub struct ResidualUnit {
    /// The branch.
    pub units: Vec<ConvPRelu>,
    /// The short path.
    pub residual: Shortcut,
}

impl ResidualUnit {
    /// A unit of so many convolutions, the first of this stride.
    pub(super) fn new(
        [from, to]: [usize; 2],
        stride: usize,
        convolutions: usize,
        norm: NormKind,
        device: &Device,
    ) -> Self {
        let unit = |index| match index {
            0 => ConvPRelu::new([from, to], stride, norm, device),
            _ => ConvPRelu::new([to; 2], 1, norm, device),
        };
        let projection = match stride {
            1 => conv1x1(from, to),
            _ => conv3x3(from, to).with_stride([stride; 2]),
        };
        let residual = match (stride, from == to) {
            (1, true) => Shortcut::Identity(Mark::new()),
            _ => Shortcut::Projection(Projection {
                conv: projection.with_bias(true).init(device),
                bn: NormKind::None.init(to, device),
            }),
        };
        Self {
            units: (0..convolutions).map(unit).collect(),
            residual,
        }
    }

    /// Applies the unit. See [`ResidualUnit`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [x, shortcut] = split(x);
        let shortcut = self.residual.forward(shortcut);
        let x = self.units.iter().fold(x, |x, unit| unit.forward(x));
        add(x, shortcut, Act::None)
    }
}

/// A transposed 3x3 convolution with biases that doubles the size.
pub(super) fn up_conv([from, to]: [usize; 2], device: &Device) -> ConvTranspose2d {
    ConvTranspose2dConfig::new([from, to], [3; 2])
        .with_stride([2; 2])
        .with_padding([1; 2])
        .with_padding_out([1; 2])
        .init(device)
}
